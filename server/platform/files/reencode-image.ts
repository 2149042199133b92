/**
 * Pictures are drawn and encoded anew: what is not picture (location, camera, a script behind the last pixel) stays behind.
 * The size is read from the header before a pixel is drawn, only the formats below are read at all, and two are worked on at a time.
 */
import sharp from 'sharp'
import type { Metadata, Sharp } from 'sharp'
import { FileRefused } from './file-refused.ts'

/** Of all frames together: four bytes each stand in memory. */
export const MOST_PIXELS = 50_000_000
const THUMBNAIL = 512
const SECONDS = 20
const AT_A_TIME = 2

export interface Reencoded {
  readonly bytes: Buffer
  readonly type: string
  readonly extension: string
  readonly width: number
  readonly height: number
}

/** What was found of a picture; without `image` it is kept as a file that nobody shows inline. */
export interface Drawn {
  readonly image: Reencoded | null
  /** At most 512 pixels wide and high, webp, its first frame. */
  readonly thumbnail: Buffer
  readonly width: number
  readonly height: number
}

type Encode = (image: Sharp) => Sharp
const asWebp: Encode = (image) => image.webp({ quality: 85 })

/** By the type that the first bytes show: how it is encoded again. Null: it only gets a thumbnail, for something would be lost. */
const IMAGES: Record<string, { encode: Encode; type: string; extension: string } | null> = {
  'image/jpeg': { encode: (image) => image.jpeg({ quality: 87 }), type: 'image/jpeg', extension: 'jpg' },
  'image/png': { encode: (image) => image.png(), type: 'image/png', extension: 'png' },
  'image/webp': { encode: asWebp, type: 'image/webp', extension: 'webp' },
  'image/gif': { encode: (image) => image.gif(), type: 'image/gif', extension: 'gif' },
  'image/avif': { encode: asWebp, type: 'image/webp', extension: 'webp' },
  'image/apng': null, // its motion
  'image/tiff': null, // its further pages
}

export const isDrawable = (type: string): boolean => type in IMAGES

// the library would read dozens of formats, each with its own past of holes
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif', 'Tiff'].map((format) => `VipsForeignLoad${format}Buffer`),
})
sharp.cache(false)

/**
 * @param type  as `detectType` gave it, one for which `isDrawable`
 * @returns null when it is no picture after all
 * @throws FileRefused too_many_pixels
 */
export function reencodeImage(bytes: Buffer, type: string): Promise<Drawn | null> {
  return inTurn(() => drawn(bytes, type))
}

async function drawn(bytes: Buffer, type: string): Promise<Drawn | null> {
  const how = IMAGES[type]
  const facts = await headerOf(bytes)
  if (!facts) return null
  const { width, height, frames } = facts
  if (width * height > MOST_PIXELS)
    throw new FileRefused('too_many_pixels', `${width} × ${height} pixels are more than ${MOST_PIXELS / 1e6} million`)
  // a long animation stays a file, with its first frame to look at
  const keep = how && width * height * frames <= MOST_PIXELS ? how : null
  try {
    const thumbnail = await thumbnailOf(bytes)
    if (!keep) return { image: null, thumbnail, width, height }
    const { data, info } = await keep
      .encode(read(bytes, frames > 1).autoOrient())
      .timeout({ seconds: SECONDS })
      .toBuffer({ resolveWithObject: true })
    const image = {
      bytes: data,
      type: keep.type,
      extension: keep.extension,
      width: info.width,
      height: info.pageHeight ?? info.height,
    }
    return { image, thumbnail, width: image.width, height: image.height }
  } catch {
    // the header was fine and the rest is not: kept as a file, shown by nobody
    return null
  }
}

/** Photos that were cut short on their way are drawn as far as they go. */
const read = (bytes: Buffer, animated: boolean) =>
  sharp(bytes, { animated, limitInputPixels: MOST_PIXELS, failOn: 'none', sequentialRead: false })

const thumbnailOf = (bytes: Buffer) =>
  read(bytes, false)
    .autoOrient()
    .resize({ width: THUMBNAIL, height: THUMBNAIL, fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 75 })
    .timeout({ seconds: SECONDS })
    .toBuffer()

async function headerOf(bytes: Buffer): Promise<{ width: number; height: number; frames: number } | null> {
  let facts: Metadata
  try {
    facts = await sharp(bytes, { animated: true, limitInputPixels: false, failOn: 'none' }).metadata()
  } catch {
    return null
  }
  const frames = facts.pages ?? 1
  return { width: facts.width, height: facts.pageHeight ?? facts.height, frames }
}

let working = 0
const waiting: (() => void)[] = []

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (working === AT_A_TIME) await new Promise<void>((resolve) => void waiting.push(resolve))
  else working++
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else working--
  }
}
