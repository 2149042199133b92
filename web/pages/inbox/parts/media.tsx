/** Pictures, films, sound and files, as they were sent. Sizes are kept free before the bytes come, so that nothing jumps. */
import { Anchor, Loader } from '@mantine/core'
import { IconAlertTriangle, IconDownload, IconFile, IconPlayerPlay } from '@tabler/icons-react'
import { Suspense, useRef, useState } from 'react'
import type { FileRef, MediaPart, PartOf } from '#contract/message/content.ts'
import { useDirectory } from '../directory.tsx'
import { lengthOf, sizeOf } from '../times.ts'
import { lazily } from '../../../app/lazily.ts'
import { useWords } from '../../../app/words.ts'
import { downloadUrl, fileUrl, heldFile, thumbnailUrl } from './media-url.ts'
import css from './parts.module.css'
import { RichText } from './rich-text.tsx'

const Lightbox = lazily(() => import('./lightbox.tsx'), 'Lightbox')

const WIDEST = 360
const TALLEST = 400

export function Media({ part, fetchAgain }: { part: MediaPart; fetchAgain?: (() => void) | undefined }) {
  return (
    <figure className={css.figure}>
      <MediaBody part={part} fetchAgain={fetchAgain} />
      {part.caption && part.caption.text !== '' && (
        <figcaption>
          <RichText rich={part.caption} />
        </figcaption>
      )}
    </figure>
  )
}

function MediaBody({ part, fetchAgain }: { part: MediaPart; fetchAgain: (() => void) | undefined }) {
  const file = heldFile(part.source)
  if (file === null) return <Unfetched part={part} source={part.source} fetchAgain={fetchAgain} />
  switch (part.kind) {
    case 'image':
      return <Picture part={part} file={file} />
    case 'sticker':
      return <Sticker part={part} file={file} />
    case 'video':
      return <Film part={part} file={file} />
    case 'audio':
    case 'voice':
      return <Sound part={part} file={file} />
    case 'file':
      return <FileCard part={part} file={file} />
  }
}

function boxOf({ width, height }: { width?: number | undefined; height?: number | undefined }) {
  if (!width || !height) return { width: 240, height: 180, known: false }
  const scale = Math.min(1, WIDEST / width, TALLEST / height)
  return {
    width: Math.max(60, Math.round(width * scale)),
    height: Math.max(40, Math.round(height * scale)),
    known: true,
  }
}

function Picture({ part, file }: { part: PartOf<'image'>; file: string }) {
  const [isOpen, setOpen] = useState(false)
  const [isBroken, setBroken] = useState(false)
  const t = useWords('inbox')
  const box = boxOf(part)
  const name = part.caption?.text || part.name || t('part.image')
  if (isBroken) return <FileCard part={part} file={file} />
  return (
    <>
      <button
        type="button"
        className={css.picture}
        style={{ width: box.width, aspectRatio: `${box.width} / ${box.height}` }}
        onClick={() => setOpen(true)}
        aria-label={t('part.open', { name })}
      >
        <img src={thumbnailUrl(file)} alt={name} loading="lazy" onError={() => setBroken(true)} />
      </button>
      <Suspense>{isOpen && <Lightbox pictures={[{ file, name }]} at={0} onClose={() => setOpen(false)} />}</Suspense>
    </>
  )
}

/** Several pictures and films of one message: a grid; a click opens them one after another. */
export function Album({
  parts,
  fetchAgain,
}: {
  parts: PartOf<'image' | 'video'>[]
  /** By the place in the album. */
  fetchAgain?: ((index: number) => void) | undefined
}) {
  const [at, setAt] = useState<number | null>(null)
  const t = useWords('inbox')
  const held = parts.map((part) => ({ part, file: heldFile(part.source) }))
  const pictures = held.flatMap(({ part, file }) =>
    file && part.kind === 'image' ? [{ file, name: part.caption?.text || part.name || t('part.image') }] : [],
  )
  const captions = parts.flatMap(({ caption }) => (caption?.text ? [caption] : []))
  return (
    <figure className={css.figure}>
      <div className={css.album} data-count={Math.min(4, parts.length)}>
        {held.map(({ part, file }, index) =>
          file === null ? (
            // oxlint-disable-next-line react/no-array-index-key -- the order of an album never changes
            <Unfetched
              key={index}
              part={part}
              source={part.source}
              fetchAgain={fetchAgain && (() => fetchAgain(index))}
            />
          ) : part.kind === 'video' ? (
            <Film key={file} part={part} file={file} />
          ) : (
            <button
              key={file}
              type="button"
              className={css.tile}
              onClick={() => setAt(pictures.findIndex((each) => each.file === file))}
              aria-label={t('part.open', { name: part.caption?.text || part.name || t('part.image') })}
            >
              <img src={thumbnailUrl(file)} alt="" loading="lazy" />
            </button>
          ),
        )}
      </div>
      {captions.length > 0 && (
        <figcaption>
          {captions.map((caption, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- two pictures may be called the same
            <RichText key={index} rich={caption} />
          ))}
        </figcaption>
      )}
      <Suspense>{at !== null && <Lightbox pictures={pictures} at={at} onClose={() => setAt(null)} />}</Suspense>
    </figure>
  )
}

function Sticker({ part, file }: { part: PartOf<'sticker'>; file: string }) {
  const [isBroken, setBroken] = useState(false)
  const t = useWords('inbox')
  if (isBroken || !/^(image|video)\//.test(part.type))
    return (
      <p className={css.aside}>{part.emoji ? <span className={css.bigEmoji}>{part.emoji}</span> : t('part.sticker')}</p>
    )
  if (part.type.startsWith('video/'))
    return (
      <video
        className={css.sticker}
        src={fileUrl(file)}
        autoPlay
        loop
        muted
        playsInline
        aria-label={t('part.sticker')}
      />
    )
  return (
    <img
      className={css.sticker}
      src={fileUrl(file)}
      alt={part.emoji ? t('part.stickerOf', { emoji: part.emoji }) : t('part.sticker')}
      onError={() => setBroken(true)}
      loading="lazy"
    />
  )
}

function Film({ part, file }: { part: PartOf<'video'>; file: string }) {
  const box = boxOf(part)
  const t = useWords('inbox')
  const isLoop = part.look === 'loop'
  return (
    <video
      className={part.look === 'round' ? css.round : css.film}
      style={{ width: box.width, aspectRatio: part.look === 'round' ? '1' : `${box.width} / ${box.height}` }}
      src={fileUrl(file)}
      controls={!isLoop}
      autoPlay={isLoop}
      loop={isLoop}
      muted={isLoop}
      playsInline
      preload="metadata"
      aria-label={part.name ?? t('part.video')}
    >
      <track kind="captions" />
    </video>
  )
}

const SPEEDS = [1, 1.5, 2] as const

function Sound({ part, file }: { part: PartOf<'audio' | 'voice'>; file: string }) {
  const [speed, setSpeed] = useState<number>(1)
  const player = useRef<HTMLAudioElement>(null)
  const t = useWords('inbox')
  const next = SPEEDS[(SPEEDS.indexOf(speed as 1) + 1) % SPEEDS.length]!
  return (
    <div className={css.sound}>
      {part.kind === 'audio' && part.name && <span className={css.soundName}>{part.name}</span>}
      <div className={css.soundRow}>
        <audio
          ref={player}
          src={fileUrl(file)}
          controls
          preload="none"
          aria-label={part.kind === 'voice' ? t('part.voice') : (part.name ?? t('part.audio'))}
        />
        <button
          type="button"
          className={css.speed}
          aria-label={t('part.speed', { speed })}
          onClick={() => {
            setSpeed(next)
            if (player.current) player.current.playbackRate = next
          }}
        >
          {speed}×
        </button>
      </div>
      {part.seconds !== undefined && <span className={css.aside}>{lengthOf(part.seconds)}</span>}
      {part.kind === 'voice' && part.transcript && (
        <details className={css.transcript}>
          <summary>{t('part.transcript')}</summary>
          <p dir="auto">{part.transcript}</p>
        </details>
      )}
    </div>
  )
}

export function FileCard({ part, file }: { part: MediaPart; file: string }) {
  const { language } = useDirectory()
  const t = useWords('inbox')
  const name = part.name ?? t(`part.${part.kind}`)
  const about = part.bytes === undefined ? part.type : sizeOf(part.bytes, language)
  return (
    <Anchor
      href={downloadUrl(file)}
      download
      className={css.file}
      underline="never"
      title={t('part.download', { name })}
    >
      <IconFile size={28} stroke={1.5} aria-hidden />
      <span className={css.fileWords}>
        <span className={css.fileName} dir="auto">
          {name}
        </span>
        <span className={css.aside}>{about}</span>
      </span>
      <IconDownload size={18} aria-hidden />
    </Anchor>
  )
}

function Unfetched({
  part,
  source,
  fetchAgain,
}: {
  part: MediaPart
  source: FileRef
  fetchAgain: (() => void) | undefined
}) {
  const t = useWords('inbox')
  const failed = 'failed' in source ? source.failed : undefined
  const Icon = part.kind === 'video' ? IconPlayerPlay : IconFile
  return (
    <div className={css.unfetched} role="status">
      {failed === undefined ? <Loader size={18} /> : <IconAlertTriangle size={20} aria-hidden />}
      <span className={css.unfetchedWords}>
        <Icon size={14} aria-hidden /> {part.name ?? t(`part.${part.kind}`)}
        <br />
        <span className={css.aside}>{failed === undefined ? t('part.fetching') : t('part.notFetched')}</span>
      </span>
      {failed !== undefined && fetchAgain && (
        <button type="button" className={css.again} onClick={fetchAgain}>
          {t('part.fetchAgain')}
        </button>
      )}
    </div>
  )
}
