import sharp from 'sharp'

const WIDTH = 480
const HEIGHT = 360

/** A photo of a cup from above, as a `data:` address. Painted by hand: Parley's image library is kept from reading SVG. */
export async function cupFromAbove(coffee: string): Promise<string> {
  const rings: readonly [radius: number, colour: readonly number[]][] = [
    [92, rgb('#b98a58')],
    [112, rgb(coffee)],
    [142, rgb('#f7f3ee')],
    [165, rgb('#b5a38c')],
  ]
  const table = rgb('#d9cbb8')
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 3)
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const away = Math.hypot(x - WIDTH / 2, y - HEIGHT / 2)
      const colour = rings.find(([radius]) => away <= radius)?.[1] ?? table
      // Light falls from the upper left.
      const light = 1.08 - (x + y) / (WIDTH + HEIGHT) / 4
      for (let channel = 0; channel < 3; channel++)
        pixels[(y * WIDTH + x) * 3 + channel] = Math.min(255, colour[channel]! * light)
    }
  const jpeg = await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .blur(1.2)
    .jpeg({ quality: 85 })
    .toBuffer()
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`
}

const rgb = (hex: string): number[] => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
