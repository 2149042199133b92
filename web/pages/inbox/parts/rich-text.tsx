import { type ReactNode, use, useLayoutEffect, useRef, useState } from 'react'
import type { Entity, EntityKind, Rich } from '#contract/message/content.ts'
import { ByReader } from './by-reader.ts'
import css from './parts.module.css'
import { beginningOf, safeUrl, segmentsOf, withFewMarks, type Segment } from './rich-segments.ts'
import { trueHost } from './true-host.ts'
import { useWords } from '../../../app/words.ts'

/** A text with its marks. Text stays text: nothing here is ever read as HTML. One that is very long shows its beginning first. */
export function RichText({ rich: whole, searched = [] }: { rich: Rich; searched?: readonly string[] }) {
  const t = useWords('inbox')
  const box = useRef<HTMLDivElement>(null)
  const byReader = use(ByReader)
  /** null: nobody asked. */
  const [isWhole, setWhole] = useState<boolean | null>(null)
  const beginning = beginningOf(whole)
  const rich = isWhole ? whole : beginning
  const isBig = isEmojiOnly(rich)
  const show = (all: boolean) => {
    byReader()
    setWhole(all)
  }
  // The button that was pressed is gone: its focus goes into what it opened.
  useLayoutEffect(() => {
    if (isWhole === null) return
    box.current?.focus({ preventScroll: true })
    if (!isWhole) box.current?.scrollIntoView({ block: 'nearest' })
  }, [isWhole])
  return (
    <div ref={box} className={isBig ? css.bigEmoji : css.text} dir="auto" tabIndex={isWhole === null ? undefined : -1}>
      {blocksOf(segmentsOf(rich)).map((block) => (
        <Block key={block.at} kind={block.kind} value={block.value}>
          {block.segments.map(({ segment, at }) => (
            <Marked key={at} rich={rich} segment={segment} at={at} searched={searched} />
          ))}
        </Block>
      ))}
      {beginning !== whole && (
        <>
          {isWhole ? ' ' : '… '}
          <button type="button" className={css.showAll} onClick={() => show(!isWhole)}>
            {isWhole ? t('part.showLess') : t('part.showAll')}
          </button>
        </>
      )}
    </div>
  )
}

type BlockKind = 'quote' | 'pre' | 'heading' | null
interface Block {
  kind: BlockKind
  value: string | undefined
  at: number
  segments: { segment: Segment; at: number }[]
}

/** Neighbouring pieces of one quote, code block or heading are one block. */
function blocksOf(segments: Segment[]): Block[] {
  const blocks: Block[] = []
  let at = 0
  let last: Entity | undefined
  for (const segment of segments) {
    const mark = segment.marks.find((each) => each.kind === 'quote' || each.kind === 'pre' || each.kind === 'heading')
    if (blocks.length === 0 || mark !== last)
      blocks.push({ kind: (mark?.kind as BlockKind) ?? null, value: mark?.value, at, segments: [] })
    blocks.at(-1)!.segments.push({ segment, at })
    last = mark
    at += segment.text.length
  }
  return blocks
}

function Block({ kind, value, children }: { kind: BlockKind; value: string | undefined; children: ReactNode }) {
  switch (kind) {
    case 'quote':
      return <blockquote className={css.quote}>{children}</blockquote>
    case 'pre':
      return (
        <pre className={css.pre} data-language={value} tabIndex={0}>
          <code>{children}</code>
        </pre>
      )
    case 'heading':
      return <strong className={css.heading}>{children}</strong>
    case null:
      return <>{children}</>
  }
}

const TAGS: Partial<Record<EntityKind, 'strong' | 'em' | 'u' | 's' | 'code'>> = {
  bold: 'strong',
  italic: 'em',
  underline: 'u',
  strike: 's',
  code: 'code',
}

interface MarkedProps {
  rich: Rich
  segment: Segment
  at: number
  searched: readonly string[]
}

function Marked({ rich, segment, at, searched }: MarkedProps) {
  let node: ReactNode = <Found text={withFewMarks(segment.text)} searched={searched} />
  for (const mark of segment.marks) {
    const Tag = TAGS[mark.kind]
    if (Tag) node = <Tag className={mark.kind === 'code' ? css.code : undefined}>{node}</Tag>
  }
  const link = segment.marks.find((mark) => mark.kind === 'link')
  // Marks inside a link cut it into pieces: what it says is said by all of them.
  const words = link ? rich.text.slice(link.offset, link.offset + link.length) : ''
  const url = link && safeUrl(link.value ?? words)
  if (link && url) {
    const isItsEnd = at + segment.text.length >= link.offset + link.length
    const host = isItsEnd ? trueHost(url, words) : null
    node = (
      <>
        <a href={url} target="_blank" rel="noreferrer noopener nofollow" title={url}>
          {node}
        </a>
        {host && <span className={css.trueHost}> ({host})</span>}
      </>
    )
  }
  if (segment.marks.some((mark) => mark.kind === 'mention')) node = <span className={css.mention}>{node}</span>
  if (segment.marks.some((mark) => mark.kind === 'spoiler')) node = <Spoiler>{node}</Spoiler>
  return node
}

function Spoiler({ children }: { children: ReactNode }) {
  const [isOpen, setOpen] = useState(false)
  const t = useWords('inbox')
  if (isOpen) return <span className={css.spoilerOpen}>{children}</span>
  return (
    <button type="button" className={css.spoiler} onClick={() => setOpen(true)} aria-label={t('part.spoiler')}>
      <span aria-hidden>{children}</span>
    </button>
  )
}

/** Words that a search asked for, made visible. */
function Found({ text, searched }: { text: string; searched: readonly string[] }) {
  if (searched.length === 0) return text
  const stems = searched.map((word) => word.slice(0, Math.max(3, word.length - 2)).toLowerCase())
  const pieces = text.split(/([\p{L}\p{N}]+)/u)
  return pieces.map((piece, index) =>
    index % 2 === 1 && stems.some((stem) => piece.toLowerCase().startsWith(stem)) ? (
      // oxlint-disable-next-line react/no-array-index-key -- pieces of one unchanging text have no other name
      <mark key={index}>{piece}</mark>
    ) : (
      piece
    ),
  )
}

const EMOJI_ONLY =
  /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|[\u{1F3FB}-\u{1F3FF}])*\s*){1,3}$/u

const isEmojiOnly = ({ text, entities }: Rich): boolean =>
  text.length < 30 && entities.every((each) => each.kind === 'emoji') && EMOJI_ONLY.test(text)
