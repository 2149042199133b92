/**
 * Files of the talk. They are fetched with the session's secret in a header, so they are no addresses; pictures are drawn on a canvas
 * and sound goes through the audio graph: a site's policy needs no `img-src`, no `media-src`, no `blob:`.
 */
import type { MediaPart } from '#contract/message/content.ts'
import { h, icon, iconButton } from './dom.ts'
import type { Words } from './words.ts'

export interface MediaSource {
  fetch(file: string): Promise<Blob>
  /** Shows a picture large. */
  enlarge(picture: ImageBitmap, name: string, save: () => void): void
}

const WIDEST = 240
const TALLEST = 280

export function mediaView(part: MediaPart, source: MediaSource, words: Words): HTMLElement {
  if (!('file' in part.source)) return fileCard(part, null, source, words)
  const { file } = part.source
  if ((part.kind === 'image' || part.kind === 'sticker') && part.type.startsWith('image/'))
    return picture(part, file, source, words)
  if (part.kind === 'voice' || part.kind === 'audio') return sound(part, file, source, words)
  return fileCard(part, file, source, words)
}

function picture(part: MediaPart, file: string, source: MediaSource, words: Words): HTMLElement {
  const name = part.name ?? words.picture
  const { width = WIDEST, height = WIDEST * 0.66 } = part
  const scale = Math.min(1, WIDEST / width, TALLEST / height)
  const [shownWidth, shownHeight] = [Math.max(48, Math.round(width * scale)), Math.max(48, Math.round(height * scale))]
  const canvas = h('canvas', { role: 'img', 'aria-label': name })
  const frame = h('button', { type: 'button', class: 'picture', 'aria-label': words.enlarge(name) }, canvas)
  // Room for it before it has come, so that the thread does not jump.
  frame.style.width = `${shownWidth}px`
  frame.style.aspectRatio = `${shownWidth} / ${shownHeight}`
  void (async () => {
    try {
      const blob = await source.fetch(file)
      const bitmap = await createImageBitmap(blob)
      const sharp = Math.min(2, devicePixelRatio)
      draw(canvas, bitmap, shownWidth * sharp, shownHeight * sharp)
      frame.classList.add('there')
      frame.addEventListener('click', () => source.enlarge(bitmap, name, () => save(blob, name)))
    } catch {
      frame.replaceWith(fileCard(part, file, source, words))
    }
  })()
  return frame
}

export function draw(canvas: HTMLCanvasElement, bitmap: ImageBitmap, width: number, height: number): void {
  const scale = Math.min(width / bitmap.width, height / bitmap.height, 1)
  canvas.width = Math.max(1, Math.round(bitmap.width * scale))
  canvas.height = Math.max(1, Math.round(bitmap.height * scale))
  const pen = canvas.getContext('2d')
  if (!pen) return
  pen.imageSmoothingQuality = 'high'
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
}

function fileCard(part: MediaPart, file: string | null, source: MediaSource, words: Words): HTMLElement {
  const name = part.name ?? words.file
  const about = [extensionOf(name), part.bytes === undefined ? '' : sizeOf(part.bytes, words)]
    .filter(Boolean)
    .join(' · ')
  const label = h('span', { class: 'what' }, h('b', {}, name), h('small', {}, file ? about : words.unavailable))
  const card = h(
    'button',
    { type: 'button', class: 'file', 'aria-label': words.download(name), disabled: file === null },
    h('span', { class: 'mark' }, icon('file')),
    label,
    file ? icon('load') : null,
  )
  if (file)
    card.addEventListener('click', () => {
      source.fetch(file).then(
        (blob) => save(blob, name),
        () => label.lastElementChild?.replaceWith(h('small', { role: 'alert' }, words.unavailable)),
      )
    })
  return card
}

function sound(part: MediaPart, file: string, source: MediaSource, words: Words): HTMLElement {
  const bar = h('progress', { max: 1, value: 0, 'aria-hidden': 'true' })
  const time = h('small', {}, part.seconds === undefined ? '' : minutes(part.seconds))
  const name = part.name ?? (part.kind === 'voice' ? words.voice : words.file)
  let playing: { node: AudioBufferSourceNode; stop(): void } | null = null
  let buffer: AudioBuffer | null = null
  let context: AudioContext | null = null
  const button = iconButton('play', `${words.play}: ${name}`, () => void toggle())
  const box = h('div', { class: 'sound' }, button, h('span', { class: 'what' }, h('b', {}, name), bar), time)

  const show = (isPlaying: boolean) => {
    button.replaceChildren(icon(isPlaying ? 'pause' : 'play'))
    button.setAttribute('aria-label', `${isPlaying ? words.pause : words.play}: ${name}`)
  }

  async function toggle(): Promise<void> {
    if (playing) return playing.stop()
    try {
      context ??= new AudioContext()
      buffer ??= await context.decodeAudioData(await (await source.fetch(file)).arrayBuffer())
    } catch {
      // A format this browser does not decode is still a file.
      box.replaceWith(fileCard(part, file, source, words))
      return
    }
    const node = context.createBufferSource()
    node.buffer = buffer
    node.connect(context.destination)
    const began = context.currentTime
    const { duration } = buffer
    const tick = setInterval(() => {
      const done = (context?.currentTime ?? 0) - began
      bar.value = Math.min(1, done / duration)
      time.textContent = minutes(Math.max(0, duration - done))
    }, 100)
    const end = () => {
      clearInterval(tick)
      playing = null
      bar.value = 0
      time.textContent = minutes(duration)
      show(false)
    }
    node.onended = end
    playing = { node, stop: () => node.stop() }
    show(true)
    node.start()
  }
  return box
}

/** Hands a file over to the visitor, under its own name. */
export function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob)
  const link = h('a', { href: address, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

const minutes = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`

export function sizeOf(bytes: number, { language }: Words): string {
  const [unit, divisor] = bytes < 1_000_000 ? (['kilobyte', 1000] as const) : (['megabyte', 1_000_000] as const)
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit,
    maximumFractionDigits: divisor === 1000 ? 0 : 1,
  }).format(Math.max(bytes / divisor, divisor === 1000 ? 1 : 0))
}

const extensionOf = (name: string): string => /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1]?.toUpperCase() ?? ''
