/**
 * A letter as it was sent. Sanitised, and then shown in a frame that can neither run scripts nor see this page (trust in one
 * sanitiser alone has failed others). Pictures from other servers stay off until the member asks for them: they tell the sender that
 * the letter was opened, and from where.
 */
import { Button, Group, SegmentedControl, Skeleton } from '@mantine/core'
import { IconPhotoOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { use, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { isMedia, type Part, type PartOf } from '#contract/message/content.ts'
import { useWords } from '../../../app/words.ts'
import { ByReader } from './by-reader.ts'
import { cleanLetter, withPictures } from './clean-letter.ts'
import { fetchEnclosedPictures, fetchFile, fetchRemotePictures } from './fetch-letter.ts'
import { guessedHeight } from './guessed-height.ts'
import { Media } from './media.tsx'
import { heldFile } from './media-url.ts'
import css from './parts.module.css'
import { RichText } from './rich-text.tsx'

export interface LetterProps {
  part: PartOf<'html'>
  /** The letter's own plain text. */
  text: PartOf<'text'> | null
  message: string
  /** All parts of its message: pictures that came along stand among them. */
  beside: readonly Part[]
}

export function Letter({ part, text, message, beside }: LetterProps) {
  const t = useWords('inbox')
  // What was quoted is above already: then the new words are what is read.
  const [look, setLook] = useState<'letter' | 'text'>(part.folded && text ? 'text' : 'letter')
  const [pictures, setPictures] = useState<ReadonlyMap<string, string> | null>(null)
  const [isFetching, setFetching] = useState(false)
  const file = heldFile(part.source)
  const letter = useQuery({
    queryKey: ['letter', file],
    enabled: file !== null && look === 'letter',
    queryFn: async ({ signal }) => cleanLetter(await fetchFile(file!, signal)),
  })
  const named = enclosedFiles(letter.data?.enclosed ?? [], beside)
  const enclosed = useQuery({
    queryKey: ['letter-pictures', named],
    enabled: named.length > 0,
    queryFn: () => fetchEnclosedPictures(named),
  })
  const showPictures = async () => {
    setFetching(true)
    setPictures(await fetchRemotePictures(message, letter.data!.remote))
    setFetching(false)
  }
  const isText = look === 'text' || file === null || letter.isError
  return (
    <div className={css.letter}>
      <Group gap="xs" mb={4}>
        {text && file !== null && !letter.isError && (
          <SegmentedControl
            size="xs"
            value={look}
            onChange={(value) => setLook(value as 'letter' | 'text')}
            aria-label={t('part.letterLook')}
            data={[
              { value: 'letter', label: t('part.letter') },
              { value: 'text', label: t('part.letterText') },
            ]}
          />
        )}
        {!isText && letter.data && letter.data.remote.length > 0 && pictures === null && (
          <Button
            size="compact-xs"
            variant="default"
            loading={isFetching}
            leftSection={<IconPhotoOff size={14} aria-hidden />}
            onClick={() => void showPictures()}
          >
            {t('part.showPictures', { count: letter.data.remote.length })}
          </Button>
        )}
      </Group>
      {isText ? (
        <>
          {text && <RichText rich={text} />}
          {beside.filter(isMedia).map(
            // What the letter shows in its place, its text cannot.
            (each) => each.cid !== undefined && <Media key={each.cid} part={each} />,
          )}
        </>
      ) : letter.data ? (
        <Frame
          html={withPictures(letter.data.html, new Map([...(enclosed.data ?? []), ...(pictures ?? [])]))}
          title={t('part.letterFrame')}
        />
      ) : (
        <Skeleton height={120} />
      )}
    </div>
  )
}

/** Which files these `cid:` addresses name; those that have not come yet are left out. */
function enclosedFiles(addresses: readonly string[], beside: readonly Part[]): [address: string, file: string][] {
  return addresses.flatMap((address): [string, string][] => {
    const name = unescaped(address.slice('cid:'.length))
    const part = beside.filter(isMedia).find(({ cid }) => cid === name)
    const file = part && heldFile(part.source)
    return file ? [[address, file]] : []
  })
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // a lone percent sign: it was never escaped
    return text
  }
}

const USUAL_WIDTH = 640

interface Policy {
  createHTML(html: string): string
}

/** Only what `cleanLetter` gave goes through here, and only into a frame without scripts. */
const policy: Policy = (
  globalThis as {
    trustedTypes?: { createPolicy(name: string, rules: Policy): Policy }
  }
).trustedTypes?.createPolicy('parley-letter', { createHTML: (html) => html }) ?? { createHTML: (html) => html }

function Frame({ html, title }: { html: string; title: string }) {
  const frame = useRef<HTMLIFrameElement>(null)
  const t = useWords('inbox')
  const byReader = use(ByReader)
  const [isTall, setTall] = useState(false)
  const [width, setWidth] = useState(USUAL_WIDTH)
  // Before it is drawn, so that nothing below it jumps.
  useLayoutEffect(() => setWidth(frame.current?.clientWidth || USUAL_WIDTH), [])
  const height = useMemo(() => guessedHeight(html, width), [html, width])
  useEffect(() => {
    if (frame.current) frame.current.srcdoc = policy.createHTML(html)
  }, [html])
  return (
    <>
      <iframe
        // Another letter is another frame: a frame that is written anew is a step for the browser's "back".
        key={html}
        ref={frame}
        className={isTall ? css.frameTall : css.frame}
        {...(isTall ? {} : { height })}
        title={title}
        // Links open in a tab of their own; nothing else is allowed.
        sandbox="allow-popups allow-popups-to-escape-sandbox"
        referrerPolicy="no-referrer"
      />
      <Button
        size="compact-xs"
        variant="subtle"
        onClick={() => {
          byReader()
          setTall(!isTall)
        }}
      >
        {isTall ? t('part.frameLower') : t('part.frameTaller')}
      </Button>
    </>
  )
}
