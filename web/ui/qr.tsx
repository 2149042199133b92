import { encode } from 'uqr'

/** A QR code as one path. Dark on white in both looks: many cameras read nothing else. */
export function Qr({ text, label, size = 168 }: { text: string; label: string; size?: number }) {
  const { data, size: side } = encode(text, { border: 2 })
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <svg
      role="img"
      aria-label={label}
      width={size}
      height={size}
      viewBox={`0 0 ${side} ${side}`}
      shapeRendering="crispEdges"
    >
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
