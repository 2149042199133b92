import { useDirectory } from './directory.tsx'
import css from './network-mark.module.css'

/** The network's logo as a small mark. A picture, never markup: the source is a connector's own file, but a page trusts none. */
export function NetworkMark({
  network,
  size = 16,
  named = false,
}: {
  network: string
  size?: number
  named?: boolean
}) {
  const { cardOfNetwork, networkName } = useDirectory()
  const logo = cardOfNetwork(network)?.logo
  const name = networkName(network)
  if (!logo) {
    return (
      <span
        className={css.networkLetter}
        style={{ width: size, height: size }}
        aria-hidden={named || undefined}
        title={name}
      >
        {name.slice(0, 1).toUpperCase()}
      </span>
    )
  }
  return (
    <img
      className={css.networkMark}
      src={`data:image/svg+xml;utf8,${encodeURIComponent(logo)}`}
      width={size}
      height={size}
      alt={named ? '' : name}
      title={name}
    />
  )
}
