/** Files of every day, made on the spot. */
import sharp from 'sharp'

export const aPng = (width: number, height: number, background = '#888'): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer()
