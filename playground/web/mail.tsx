/** A mail client: letters at the top, the newest open, a form to write or answer. */
import { useState } from 'react'
import type { SeenMessage } from '#connector-kit/emulator/emulator.ts'
import type { NetworkShown, PhoneShown, Snapshot } from '../snapshot.ts'
import { act, fileContent, text } from './acts.ts'
import { clockOf } from './clock-of.ts'
import { Part } from './part.tsx'
import { useLanguage, useWords } from './words.ts'

export function Mail(props: {
  network: NetworkShown
  name: string
  phone: PhoneShown | undefined
  snapshot: Snapshot
}) {
  const { network, name, phone, snapshot } = props
  const words = useWords()
  const language = useLanguage()
  const letters = (phone?.screen ?? []).toReversed()
  const [open, setOpen] = useState<string | null>(null)
  const [answering, setAnswering] = useState<SeenMessage | null>(null)
  return (
    <>
      <div className="letters" role="log" aria-label={words.inbox}>
        {letters.length === 0 && <p className="empty">{words.emptyMail}</p>}
        {letters.map((letter, index) => {
          const isOpen = open === letter.ref.id || (open === null && index === 0)
          return (
            <article key={letter.ref.id} className={isOpen ? 'letter open' : 'letter'}>
              <button type="button" className="letter-head" onClick={() => setOpen(letter.ref.id)}>
                <span className={letter.from === 'us' ? 'from us' : 'from'}>
                  {letter.from === 'us' ? network.address : `${words.to} ${network.address}`}
                </span>
                <time>{clockOf(letter.at, language)}</time>
                <strong>{letter.content.subject ?? words.noSubject}</strong>
              </button>
              {isOpen && (
                <div className="letter-body">
                  {letter.content.parts.map((part, part_) => (
                    <p key={part_}>
                      <Part part={part} name={name} snapshot={snapshot} />
                    </p>
                  ))}
                  {letter.from === 'us' && (
                    <button type="button" onClick={() => setAnswering(letter)}>
                      {words.reply}
                    </button>
                  )}
                </div>
              )}
            </article>
          )
        })}
      </div>
      <Form
        key={`${name} ${answering?.ref.id ?? ''}`}
        answering={answering}
        cancel={() => setAnswering(null)}
        send={async (subject, words_, file) => {
          const content = file ? await fileContent(file, '') : text(words_)
          const parts = file && words_ ? [...text(words_).parts, ...content.parts] : content.parts
          setAnswering(null)
          setOpen(null)
          await act(network.folder, name, {
            do: 'say',
            content: { ...(subject ? { subject } : {}), parts },
            ...(answering ? { replyTo: answering.ref } : {}),
          })
        }}
      />
    </>
  )
}

function Form(props: {
  answering: SeenMessage | null
  cancel(): void
  send(subject: string, words: string, file: File | null): Promise<void>
}) {
  const { answering } = props
  const words = useWords()
  const before = answering?.content.subject ?? ''
  const [subject, setSubject] = useState(answering ? (/^re:/i.test(before) ? before : `Re: ${before}`) : '')
  const [body, setBody] = useState('')
  const [file, setFile] = useState<File | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  return (
    <form
      className="mail-form"
      onSubmit={(event) => {
        event.preventDefault()
        setTrouble(null)
        props
          .send(subject, body.trim(), file)
          .then(() => {
            setSubject('')
            setBody('')
            setFile(null)
          })
          .catch((error: Error) => setTrouble(error.message))
      }}
    >
      <input
        value={subject}
        placeholder={answering ? words.subject : `${words.compose}: ${words.subject.toLowerCase()}`}
        aria-label={words.subject}
        onChange={(event) => setSubject(event.target.value)}
      />
      <textarea
        value={body}
        rows={3}
        placeholder={words.write}
        aria-label={words.write}
        onChange={(event) => setBody(event.target.value)}
      />
      <div className="row">
        <label className="attach" title={words.attach}>
          <span>📎 {file?.name}</span>
          <input type="file" aria-label={words.attach} onChange={(event) => setFile(event.target.files?.[0] ?? null)} />
        </label>
        {answering && (
          <button type="button" onClick={props.cancel}>
            {words.cancel}
          </button>
        )}
        <button type="submit" className="primary" disabled={body.trim() === '' && !file}>
          {words.send}
        </button>
      </div>
      {trouble && <p className="note bad">{trouble}</p>}
    </form>
  )
}
