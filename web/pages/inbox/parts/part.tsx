/** One visible piece of a message, of whatever kind: an exhaustive switch, so that a kind without a face does not compile. */
import { Anchor, Skeleton } from '@mantine/core'
import { IconLink, IconMapPin, IconPhone, IconPhoneOff, IconPuzzle, IconTemplate, IconUser } from '@tabler/icons-react'
import { Suspense, type ReactNode } from 'react'
import { isMedia, type Content, type Part, type PartOf } from '#contract/message/content.ts'
import { useDirectory } from '../directory.tsx'
import { dayAndClock, lengthOf } from '../times.ts'
import { lazily } from '../../../app/lazily.ts'
import { useWords } from '../../../app/words.ts'
import { Album, Media } from './media.tsx'
import { eventWords } from './event-words.ts'
import css from './parts.module.css'
import { safeUrl } from './rich-segments.ts'
import { RichText } from './rich-text.tsx'
import { trueHost } from './true-host.ts'

const Letter = lazily(() => import('./letter.tsx'), 'Letter')

export interface PartsProps {
  content: Content
  message: string
  /** Asks the platform for a file once more, by the number of its part. */
  fetchAgain?: ((part: number) => void) | undefined
  searched?: readonly string[]
}

export function Parts({ content, message, fetchAgain, searched }: PartsProps) {
  const letter = content.parts.find((part) => part.kind === 'html')
  return (
    <>
      {content.subject && (
        <p className={css.subject} dir="auto">
          {content.subject}
        </p>
      )}
      {content.cc && content.cc.length > 0 && <Copies cc={content.cc} />}
      {groupsOf(content.parts, (part) => letter !== undefined && isPlaced(part)).map(({ at, album, part }) => {
        if (album)
          return <Album key={at} parts={album} fetchAgain={fetchAgain && ((index) => fetchAgain(at + index))} />
        // The letter as sent stands for its own text, which is there for search and for those who prefer it.
        if (part.kind === 'text' && letter) return null
        if (part.kind === 'html') {
          const words = content.parts.find((each) => each.kind === 'text')
          return (
            <Suspense key={at} fallback={<Skeleton height={120} />}>
              <Letter
                part={part}
                text={words?.kind === 'text' ? words : null}
                message={message}
                beside={content.parts}
              />
            </Suspense>
          )
        }
        return <OnePart key={at} part={part} fetchAgain={fetchAgain && (() => fetchAgain(at))} searched={searched} />
      })}
    </>
  )
}

type AlbumPart = PartOf<'image' | 'video'>
interface Group {
  at: number
  part: Part
  album: AlbumPart[] | null
}

/** A letter shows it in its place, so it is not shown once more below. */
const isPlaced = (part: Part): boolean => isMedia(part) && part.cid !== undefined

/** Neighbouring pictures and films are one album. */
function groupsOf(parts: Part[], isElsewhere: (part: Part) => boolean): Group[] {
  const groups: Group[] = []
  let last: Group | undefined
  for (const [at, part] of parts.entries()) {
    if (isElsewhere(part)) {
      last = undefined
      continue
    }
    const isTile = part.kind === 'image' || (part.kind === 'video' && part.look !== 'round')
    if (
      isTile &&
      last &&
      (last.part.kind === 'image' || last.part.kind === 'video') &&
      !(last.part.kind === 'video' && last.part.look === 'round')
    )
      last.album = [...(last.album ?? [last.part as AlbumPart]), part as AlbumPart]
    else groups.push((last = { at, part, album: null }))
  }
  return groups
}

function Copies({ cc }: { cc: string[] }) {
  const t = useWords('inbox')
  return <p className={css.aside}>{t('part.cc', { who: cc.join(', ') })}</p>
}

interface OneProps {
  part: Exclude<Part, { kind: 'html' }>
  fetchAgain: (() => void) | undefined
  searched: readonly string[] | undefined
}

function OnePart({ part, fetchAgain, searched }: OneProps) {
  const { language } = useDirectory()
  const t = useWords('inbox')
  if (isMedia(part)) return <Media part={part} fetchAgain={fetchAgain} />
  switch (part.kind) {
    case 'text':
      if (part.text.trim() === '') return <p className={css.aside}>{t('part.text')}</p>
      return <RichText rich={part} searched={searched ?? []} />
    case 'location':
      return <Place part={part} />
    case 'contact':
      return (
        <Card icon={<IconUser size={22} aria-hidden />}>
          <strong dir="auto">{part.name}</strong>
          {part.phones.map((phone) => (
            <Anchor key={phone} href={`tel:${phone}`} size="sm">
              {phone}
            </Anchor>
          ))}
          {part.emails.map((email) => (
            <Anchor key={email} href={`mailto:${email}`} size="sm">
              {email}
            </Anchor>
          ))}
        </Card>
      )
    case 'poll':
      return (
        <Card>
          <strong dir="auto">{part.question}</strong>
          <span className={css.aside}>{part.many ? t('part.pollMany') : t('part.poll')}</span>
          <ul className={css.options}>
            {part.options.map((option, index) => (
              // oxlint-disable-next-line react/no-array-index-key -- two options may read the same
              <li key={index} dir="auto">
                {option}
              </li>
            ))}
          </ul>
        </Card>
      )
    case 'link': {
      const url = safeUrl(part.url)
      const words = part.title ?? part.url
      const host = url && trueHost(url, words)
      return (
        <Card icon={<IconLink size={20} aria-hidden />}>
          {url ? (
            <Anchor href={url} target="_blank" rel="noreferrer noopener nofollow" dir="auto">
              {words}
            </Anchor>
          ) : (
            <span>{words}</span>
          )}
          {host && <span className={css.trueHost}>({host})</span>}
          {part.text && <span className={css.aside}>{part.text}</span>}
        </Card>
      )
    }
    case 'order':
      return <Order part={part} />
    case 'call':
      return (
        <Card icon={part.missed ? <IconPhoneOff size={20} aria-hidden /> : <IconPhone size={20} aria-hidden />}>
          <span>{part.missed ? t('part.callMissed') : t('part.call')}</span>
          {part.seconds !== undefined && <span className={css.aside}>{lengthOf(part.seconds)}</span>}
        </Card>
      )
    case 'event':
      return <span>{eventWords(part)}</span>
    case 'template':
      return (
        <Card icon={<IconTemplate size={20} aria-hidden />}>
          <span className={css.aside}>{t('part.template', { name: part.name })}</span>
          {Object.entries(part.values).map(([name, value]) => (
            <span key={name} dir="auto">
              {name}: {value}
            </span>
          ))}
        </Card>
      )
    case 'unknown': {
      const url = safeUrl(part.openUrl)
      return (
        <Card icon={<IconPuzzle size={22} aria-hidden />}>
          <span>{t('part.unknown', { what: part.what })}</span>
          <span className={css.aside}>{t('part.unknownKept')}</span>
          {url && (
            <Anchor href={url} target="_blank" rel="noreferrer noopener nofollow" size="sm">
              {t('part.openThere')}
            </Anchor>
          )}
        </Card>
      )
    }
  }

  function Place({ part: place }: { part: PartOf<'location'> }) {
    const at = `${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}`
    return (
      <Card icon={<IconMapPin size={22} aria-hidden />}>
        <strong dir="auto">{place.title ?? t('part.location')}</strong>
        {place.address && <span dir="auto">{place.address}</span>}
        <Anchor
          href={`https://www.openstreetmap.org/?mlat=${place.lat}&mlon=${place.lon}#map=16/${place.lat}/${place.lon}`}
          target="_blank"
          rel="noreferrer noopener"
          size="sm"
        >
          {at}
        </Anchor>
        {place.liveUntil && (
          <span className={css.aside}>{t('part.liveUntil', { at: dayAndClock(place.liveUntil, language) })}</span>
        )}
      </Card>
    )
  }
}

function Card({ icon, children }: { icon?: ReactNode; children: ReactNode }) {
  return (
    <div className={css.card}>
      {icon}
      <div className={css.cardWords}>{children}</div>
    </div>
  )
}

function Order({ part }: { part: PartOf<'order'> }) {
  const { language } = useDirectory()
  const t = useWords('inbox')
  const money = (minor: number, currency: string) =>
    new Intl.NumberFormat(language, { style: 'currency', currency }).format(minor / 100)
  const currency = part.items[0]?.currency
  const isOneCurrency = part.items.every((item) => item.currency === currency)
  const sum = part.items.reduce((all, item) => all + item.minor * item.quantity, 0)
  return (
    <table className={css.order}>
      <caption>{t('part.order')}</caption>
      <tbody>
        {part.items.map((item) => (
          <tr key={item.sku}>
            <td dir="auto">{item.name}</td>
            <td className={css.number}>× {item.quantity}</td>
            <td className={css.number}>{money(item.minor * item.quantity, item.currency)}</td>
          </tr>
        ))}
      </tbody>
      {currency && isOneCurrency && (
        <tfoot>
          <tr>
            <th scope="row">{t('part.sum')}</th>
            <td />
            <td className={css.number}>{money(sum, currency)}</td>
          </tr>
        </tfoot>
      )}
    </table>
  )
}
