/**
 * Where a member answers. What leaves it is decided here and shown before: the road, the limits, what the network will change.
 *
 * text + files → parts → outbox (kept in this browser) → the server's 202
 */
import { SegmentedControl, Textarea } from '@mantine/core'
import {
  useEffect,
  useEffectEvent,
  useRef,
  useState,
  type ClipboardEvent,
  type DragEvent,
  type KeyboardEvent,
  type RefObject,
} from 'react'
import { editMessage, type ConversationRow, type MessageView, type RoadOption } from '#contract/calls/conversations.ts'
import { wordsOf, type Part } from '#contract/message/content.ts'
import type { MessageId } from '#contract/ids.ts'
import { call } from '../../../app/call.ts'
import { isMac } from '../../../app/keys.ts'
import { tellFailure } from '../../../app/tell.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { announceSent, announceStopped, announceTyping, usePresence } from '../presence.ts'
import { keepAnswer } from '../thread/use-thread.ts'
import type { AnsweredLetter } from './answered-letter.ts'
import { firstUploadOf } from './attached.ts'
import { AttachmentStrip } from './attachment-strip.tsx'
import { ChannelRests } from './channel-rests.tsx'
import css from './composer.module.css'
import { AboutLine, CannotWrite, SecondLook } from './composer-lines.tsx'
import type { BroughtBack } from './brought-back.ts'
import { badCopies } from './copies.ts'
import { editedWords, noteOf, typedOf } from './edited-words.ts'
import { FitPreview } from './fit-preview.tsx'
import { NO_HEAD, setHead, useHead } from './heads.ts'
import { LetterFields, sentHead } from './letter-fields.tsx'
import { countText } from './limits.ts'
import { readMarks, toggleMark } from './marks.ts'
import { cameMeanwhile } from './meanwhile.ts'
import { isFromHere, postNow } from './outbox.ts'
import { RoadChooser } from './road-chooser.tsx'
import { SendButton } from './send-button.tsx'
import { partOf, useAttachments, verdictOf } from './use-attachments.ts'
import { useDraft } from './use-draft.ts'
import { WritingTools } from './writing-tools.tsx'

/** Somebody pressed R or N, or a message comes back: a fresh object each time. */
export interface ComposeAsk {
  kind: 'reply' | 'note'
  text?: string
  /** A message that did not leave. */
  back?: BroughtBack
  /** When its files were uploaded; null where a message names them. */
  uploadedAt?: number | null
  /** Addresses that the server does not take. */
  refusedCopies?: readonly string[]
}

export interface ComposerProps {
  row: ConversationRow
  /** null while they are asked for. */
  roads: readonly RoadOption[] | null
  replyTo: MessageView | null
  editing: MessageView | null
  /** The newest of what was said, by whomever. */
  newest: MessageView | null
  /** Of letters: the one that this goes on from. */
  answered: AnsweredLetter
  /** How far the member has seen the conversation. */
  seenSeq: RefObject<number>
  onShow: (message: MessageId) => void
  ask: ComposeAsk | null
  hold: number
  isRoadOpen: boolean
  onRoadOpen: (isOpen: boolean) => void
  onRoad: (road: RoadOption | null) => void
  onHold: (seconds: number) => void
  /** Replying to, or editing, nothing any more. */
  onPlain: () => void
  onSent: (how: { close: boolean }) => void
  onProofLink: () => void
  onEscape: () => void
}

export function Composer(props: ComposerProps) {
  const { row, roads, replyTo, editing, newest, hold } = props
  const { me, cardOfChannel, networkName, memberName } = useDirectory()
  const t = useWords('inbox')
  const { draft, setDraft, clear } = useDraft(row.id)
  const attachments = useAttachments(row.id)
  const [edited, setEdited] = useState('')
  const letter = useHead(row.id)
  const [areCopiesTyped, setCopiesTyped] = useState(false)
  const copies = useRef<HTMLInputElement>(null)
  const [isPreviewed, setPreviewed] = useState(false)
  const [isDragged, setDragged] = useState(false)
  const [lookAgain, setLookAgain] = useState<{ words: string; how: { close?: boolean; at?: string } } | null>(null)
  const input = useRef<HTMLTextAreaElement>(null)
  /** How far the conversation was when the member began to write this. */
  const begunSeq = useRef<number | null>(null)
  /** Who writes too, told once for this text. */
  const toldOf = useRef<string | null>(null)
  const others = usePresence(row.id).filter((each) => each.member !== me.id)

  const road = roads?.find((each) => each.chosen) ?? null
  const isNote = editing ? editing.direction === 'note' : draft.note
  const card = isNote ? null : cardOfChannel(road?.channel ?? null)
  const abilities = card?.abilities ?? null
  const network = road ? networkName(road.network) : ''
  const refusedCopies = props.ask?.refusedCopies ?? NONE
  const isLetter = abilities?.subject?.out !== undefined && !editing
  const hasCopies = isLetter && abilities?.copies?.out !== undefined
  const bad = hasCopies ? badCopies(letter.cc, refusedCopies) : []
  const isChat = isNote ? false : !isLetter
  const text = editing ? edited : draft.text
  const counted = abilities && text !== '' ? countText(readMarks(text).text, abilities) : null
  const cannotWrite = !isNote && !editing && roads !== null && road === null

  const [editedId, setEditedId] = useState<string | null>(null)
  if (editing && editing.id !== editedId) {
    setEditedId(editing.id)
    setEdited(typedOf(editing).typed)
  } else if (!editing && editedId !== null) setEditedId(null)
  useEffect(() => {
    if (editing || replyTo) input.current?.focus()
  }, [editing, replyTo])

  const take = useEffectEvent((asked: ComposeAsk) => {
    const { back } = asked
    const words = [draft.text, back?.text, asked.text].filter(Boolean).join('\n')
    setDraft({ text: words, note: asked.kind === 'note' })
    if (back) {
      attachments.addUploaded(back.files, asked.uploadedAt ?? null)
      setHead(row.id, { subject: letter.subject || back.head.subject, cc: letter.cc || back.head.cc })
    }
    // After the key that asked for it, which must not be typed into it.
    requestAnimationFrame(() => input.current?.focus())
  })
  const { ask } = props
  useEffect(() => {
    if (ask) take(ask)
  }, [ask])

  const parts = partsOf()
  const refusesFile = attachments.list.some((each) =>
    ['too_large', 'not_taken', 'empty'].includes(verdictOf(each, abilities).code),
  )
  const isDisabled =
    parts.length === 0 ||
    attachments.isUploading ||
    attachments.hasFailed ||
    refusesFile ||
    cannotWrite ||
    (roads === null && !isNote && !editing)

  function partsOf(): Part[] {
    const words =
      text.trim() === '' ? [] : [{ kind: 'text' as const, ...(isNote ? noteOf(text) : readMarks(text.trimEnd())) }]
    if (editing) return words
    return [...attachments.list.flatMap((each) => partOf(each, verdictOf(each, abilities)) ?? []), ...words]
  }

  function type(next: string): void {
    if (editing) return setEdited(next)
    if (next.trim() === '') begunSeq.current = toldOf.current = null
    else if (draft.text.trim() === '' || begunSeq.current === null) begunSeq.current = row.lastSeq
    setDraft({ ...draft, text: next })
    setLookAgain(null)
    // A note is nobody's business but ours.
    if (isNote) return
    if (next === '') announceStopped(row.id)
    else announceTyping(row.id)
  }

  /** Two people, one reply: who writes too, or what came meanwhile, is shown before anything leaves. */
  function collision(): string | null {
    if (isNote || lookAgain) return null
    const typing = others.find((each) => each.isTyping && each.member !== toldOf.current)
    if (typing) {
      toldOf.current = typing.member
      return t('thread:collision.types', { name: memberName(typing.member) })
    }
    const came = cameMeanwhile(newest, {
      begunSeq: begunSeq.current,
      seenSeq: props.seenSeq.current,
      conversation: row.id,
      isFromHere: newest !== null && isFromHere(newest),
    })
    if (!came) return null
    // Shown once, in the thread too: from here on it is known, however the text is rewritten.
    begunSeq.current = came.seq
    props.onShow(came.id)
    const values = {
      name: came.author.name,
      words: wordsOf(came.content).slice(0, 120) || t(`part.${came.content.parts[0]!.kind}`),
    }
    if (came.author.member === me.id) return t('thread:collision.you', values)
    return came.direction === 'in' ? t('thread:collision.wrote', values) : t('thread:collision.answered', values)
  }

  async function send(how: { close?: boolean; at?: string }): Promise<void> {
    if (isDisabled) return
    if (editing) return saveEdit()
    if (bad.length > 0) {
      setCopiesTyped(true)
      copies.current?.focus()
      return
    }
    if (attachments.hasTooOld()) return
    const words = collision()
    if (words) {
      setLookAgain({ words, how })
      return
    }
    setLookAgain(null)
    begunSeq.current = toldOf.current = null
    const posted = postNow({
      member: me.id,
      conversation: row.id,
      parts,
      note: isNote,
      uploadedAt: firstUploadOf(attachments.list),
      ...(isLetter ? sentHead(hasCopies ? letter : { ...letter, cc: '' }) : {}),
      ...(replyTo ? { replyTo: replyTo.id } : {}),
      ...(how.at ? { sendAt: how.at } : hold > 0 ? { holdSeconds: hold } : {}),
    })
    announceSent(row.id)
    clear()
    attachments.clear()
    // Of a note it is no part: it waits with the letter that is not written yet.
    if (!isNote) setHead(row.id, NO_HEAD)
    setCopiesTyped(false)
    props.onPlain()
    props.onSent({ close: how.close ?? false })
    await posted
  }

  async function saveEdit(): Promise<void> {
    try {
      await keepAnswer(call(editMessage, { params: { id: editing!.id }, body: editedWords(editing!, text) }))
      props.onPlain()
    } catch (error) {
      tellFailure(error)
    }
  }

  function mark(kind: 'bold' | 'italic' | 'code'): void {
    const field = input.current
    if (!field) return
    const next = toggleMark(text, field.selectionStart, field.selectionEnd, kind)
    type(next.typed)
    requestAnimationFrame(() => {
      field.focus()
      field.setSelectionRange(next.from, next.to)
    })
  }

  function insert(words: string): void {
    const field = input.current
    const [from, to] = field ? [field.selectionStart, field.selectionEnd] : [text.length, text.length]
    type(text.slice(0, from) + words + text.slice(to))
    requestAnimationFrame(() => {
      field?.focus()
      field?.setSelectionRange(from + words.length, from + words.length)
    })
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
    if (event.nativeEvent.isComposing) return
    const mod = isMac() ? event.metaKey : event.ctrlKey
    if (event.key === 'Enter' && (mod || (isChat && !event.shiftKey && !event.altKey))) {
      event.preventDefault()
      void send(mod && event.shiftKey ? { close: true } : {})
    } else if (event.key === 'Escape') {
      event.preventDefault()
      event.stopPropagation()
      if (lookAgain) setLookAgain(null)
      else if (editing || replyTo) props.onPlain()
      else props.onEscape()
    } else if (mod && (event.code === 'KeyB' || event.code === 'KeyI')) {
      event.preventDefault()
      mark(event.code === 'KeyB' ? 'bold' : 'italic')
    } else if (mod && event.code === 'Slash' && !editing) {
      event.preventDefault()
      setDraft({ ...draft, note: !draft.note })
    }
  }

  const takeFiles = (event: ClipboardEvent | DragEvent, files: FileList | undefined): void => {
    if (!files || files.length === 0 || editing) return
    event.preventDefault()
    attachments.add(files)
  }

  const marksLost = abilities && isMarked(text) && !(abilities.text.marks.bold || abilities.text.marks.italic)
  return (
    <section
      className={css.composer}
      data-note={isNote || undefined}
      data-drag={isDragged || undefined}
      aria-label={isNote ? t('compose.noteLabel') : t('compose.label')}
      onDragOver={(event) => {
        event.preventDefault()
        setDragged(true)
      }}
      onDragLeave={() => setDragged(false)}
      onDrop={(event) => {
        setDragged(false)
        takeFiles(event, event.dataTransfer.files)
      }}
    >
      <div className={css.top}>
        {isNote || editing ? (
          <span className={css.dim}>{isNote ? t('compose.noteStays') : t('compose.editing')}</span>
        ) : roads === null ? null : (
          <RoadChooser roads={roads} isOpen={props.isRoadOpen} onOpen={props.onRoadOpen} onChoose={props.onRoad} />
        )}
        <span className={css.spring} />
        {!editing && (
          <SegmentedControl
            size="xs"
            value={isNote ? 'note' : 'reply'}
            onChange={(value) => {
              setDraft({ ...draft, note: value === 'note' })
              input.current?.focus()
            }}
            data={[
              { value: 'reply', label: t('compose.reply') },
              { value: 'note', label: t('compose.note') },
            ]}
            aria-label={t('compose.kind')}
          />
        )}
      </div>
      {(replyTo || editing) && (
        <AboutLine message={(editing ?? replyTo)!} isEdit={editing !== null} onClose={props.onPlain} />
      )}
      {cannotWrite && (
        <CannotWrite
          roads={roads ?? []}
          onProofLink={props.onProofLink}
          onNote={() => setDraft({ ...draft, note: true })}
        />
      )}
      {road && !isNote && !editing && <ChannelRests channel={road.channel} />}
      {lookAgain && (
        <SecondLook
          words={lookAgain.words}
          onSend={() => void send(lookAgain.how)}
          onStay={() => {
            setLookAgain(null)
            input.current?.focus()
          }}
        />
      )}
      {isLetter && (
        <LetterFields
          placeholder={row.subject}
          hasCopies={hasCopies}
          answered={props.answered}
          value={letter}
          bad={areCopiesTyped || bad.some((each) => refusedCopies.includes(each)) ? bad : []}
          copies={copies}
          onChange={(head) => {
            setHead(row.id, head)
            // Half an address is not a bad one: it is told once he is done.
            if (head.cc !== letter.cc) setCopiesTyped(false)
          }}
          onLeaveCopies={() => setCopiesTyped(true)}
        />
      )}
      <AttachmentStrip list={attachments.list} abilities={abilities} network={network} onRemove={attachments.remove} />
      {!isNote &&
        !editing &&
        !cannotWrite &&
        (counted?.isOver || isPreviewed || marksLost || attachments.list.length > 0) && (
          <FitPreview conversation={row.id} parts={parts} isOpen={isPreviewed} />
        )}
      <Textarea
        ref={input}
        id="composer"
        className={css.input}
        autosize
        minRows={isLetter ? 4 : 2}
        maxRows={14}
        value={text}
        placeholder={isNote ? t('compose.notePlaceholder') : t('compose.placeholder', { name: row.name })}
        aria-label={isNote ? t('compose.noteLabel') : t('compose.label')}
        dir="auto"
        onChange={(event) => type(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onPaste={(event) => takeFiles(event, event.clipboardData.files)}
      />
      <div className={css.bar}>
        <WritingTools
          canAttach={!editing}
          canMark={!isNote}
          isDisabled={cannotWrite}
          isPreviewed={isPreviewed}
          onFiles={attachments.add}
          onInsert={insert}
          onMark={mark}
          onPreview={setPreviewed}
        />
        <span className={css.spring} />
        {counted && (counted.isNear || counted.isOver) && (
          <span className={css.counter} data-over={counted.isOver || undefined} aria-live="polite">
            {counted.length} / {counted.max}
          </span>
        )}
        <SendButton
          isNote={isNote}
          isEdit={editing !== null}
          isDisabled={isDisabled}
          isChat={isChat}
          hold={hold}
          onHold={props.onHold}
          onSend={(how) => void send(how)}
        />
      </div>
    </section>
  )
}

const NONE: readonly string[] = []
const isMarked = (text: string): boolean => readMarks(text).entities.length > 0
