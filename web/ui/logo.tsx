/** A connector's own picture. As an image it can run nothing, whatever its SVG holds. */
export const Logo = ({ svg, size = 32 }: { svg: string | undefined; size?: number }) => (
  <img
    src={svg ? `data:image/svg+xml,${encodeURIComponent(svg)}` : '/mark.svg'}
    width={size}
    height={size}
    alt=""
    style={{ flex: 'none' }}
  />
)
