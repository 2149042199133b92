/** A messenger on a phone: bubbles, buttons, a line to write. */
import { useEffect, useRef, useState } from 'react'
import type { Ref } from '#connector-kit/connector.ts'
import type { SeenMessage } from '#connector-kit/emulator/emulator.ts'
import type { NetworkShown, PhoneShown, Snapshot } from '../snapshot.ts'
import { act, fileContent, text } from './acts.ts'
import { clockOf } from './clock-of.ts'
import { Part } from './part.tsx'
import { useLanguage, useWords } from './words.ts'

const EMOJI = ['👍', '❤', '🔥', '😁', '😢']

export function Phone(props: {
  network: NetworkShown
  name: string
  phone: PhoneShown | undefined
  snapshot: Snapshot
}) {
  const { network, name, phone, snapshot } = props
  const words = useWords()
  const [chosen, setChosen] = useState<{ message: SeenMessage; to: 'reply' | 'edit' } | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const screen = phone?.screen ?? []
  const end = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // In braces: younger browsers answer with a promise, which React would call at the end.
    end.current?.scrollIntoView({ block: 'nearest' })
  }, [screen.length, name])
  const does = async (...args: Parameters<typeof act> extends [string, string, infer What] ? [What] : never) => {
    setTrouble(null)
    await act(network.folder, name, args[0]).catch((error: Error) => setTrouble(error.message))
  }
  const keyboard = screen.findLast((message) => message.content.choices?.as === 'keyboard')?.content.choices
  return (
    <>
      <div className="talk" role="log">
        {screen.length === 0 && (
          <div className="empty">
            <p>{words.emptyPhone}</p>
            <button type="button" className="primary" onClick={() => void does({ do: 'start' })}>
              {words.start}
            </button>
          </div>
        )}
        {screen.map((message) => (
          <Bubble
            key={message.ref.id}
            message={message}
            quoted={screen.find((each) => each.ref.id === message.replyTo?.id)}
            name={name}
            snapshot={snapshot}
            press={(label) => void does({ do: 'press', label })}
            react={(emoji) => void does({ do: 'react', ref: message.ref, emoji: [emoji] })}
            reply={() => setChosen({ message, to: 'reply' })}
            edit={message.from === 'them' ? () => setChosen({ message, to: 'edit' }) : undefined}
            remove={message.from === 'them' ? () => void does({ do: 'remove', ref: message.ref }) : undefined}
          />
        ))}
        <div ref={end} />
      </div>
      {phone?.blocked && <p className="note">{words.blocked}</p>}
      {trouble && <p className="note bad">{trouble}</p>}
      {keyboard && (
        <div className="keyboard">
          {keyboard.rows.flat().map((key) => (
            <button key={key.label} type="button" onClick={() => void does({ do: 'press', label: key.label })}>
              {key.label}
            </button>
          ))}
        </div>
      )}
      <Composer
        key={`${name} ${chosen?.message.ref.id ?? ''}`}
        chosen={chosen}
        give={(content) => {
          setChosen(null)
          const target: Ref | undefined = chosen?.message.ref
          if (target && chosen?.to === 'edit') void does({ do: 'edit', ref: target, content })
          else void does({ do: 'say', content, ...(target ? { replyTo: target } : {}) })
        }}
        cancel={() => setChosen(null)}
      />
      <div className="under">
        <button type="button" onClick={() => void does({ do: 'block', on: !phone?.blocked })}>
          {phone?.blocked ? words.unblock : words.block}
        </button>
      </div>
    </>
  )
}

function Bubble(props: {
  message: SeenMessage
  quoted: SeenMessage | undefined
  name: string
  snapshot: Snapshot
  press(label: string): void
  react(emoji: string): void
  reply(): void
  edit: (() => void) | undefined
  remove: (() => void) | undefined
}) {
  const { message, quoted, name, snapshot } = props
  const words = useWords()
  const language = useLanguage()
  const buttons = message.content.choices?.as === 'buttons' ? message.content.choices.rows : []
  return (
    <article className={message.from === 'them' ? 'bubble own' : 'bubble'}>
      {quoted && <blockquote>{firstWords(quoted)}</blockquote>}
      {message.content.parts.map((part, index) => (
        <Part key={index} part={part} name={name} snapshot={snapshot} />
      ))}
      <footer>
        {message.reactions.length > 0 && <span className="reactions">{message.reactions.join(' ')}</span>}
        {message.edited && <span>{words.edited}</span>}
        <time>{clockOf(message.at, language)}</time>
      </footer>
      {buttons.map((row, index) => (
        <div key={index} className="buttons">
          {row.map((choice) => (
            <button key={choice.label} type="button" onClick={() => props.press(choice.label)}>
              {choice.label}
            </button>
          ))}
        </div>
      ))}
      <div className="menu">
        {EMOJI.slice(0, 3).map((emoji) => (
          <button key={emoji} type="button" aria-label={`${words.react} ${emoji}`} onClick={() => props.react(emoji)}>
            {emoji}
          </button>
        ))}
        <button type="button" onClick={props.reply} aria-label={words.reply} title={words.reply}>
          ↩
        </button>
        {props.edit && (
          <button type="button" onClick={props.edit} aria-label={words.edit} title={words.edit}>
            ✎
          </button>
        )}
        {props.remove && (
          <button type="button" onClick={props.remove} aria-label={words.remove} title={words.remove}>
            🗑
          </button>
        )}
      </div>
    </article>
  )
}

const firstWords = ({ content }: SeenMessage): string => {
  const [part] = content.parts
  return part?.kind === 'text' ? part.text.slice(0, 80) : (part?.kind ?? '')
}

function Composer(props: {
  chosen: { message: SeenMessage; to: 'reply' | 'edit' } | null
  give(content: ReturnType<typeof text>): void
  cancel(): void
}) {
  const { chosen, give, cancel } = props
  const words = useWords()
  const [draft, setDraft] = useState(chosen?.to === 'edit' ? firstWords(chosen.message) : '')
  const send = () => {
    if (draft.trim() === '') return
    give(text(draft.trim()))
    setDraft('')
  }
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {chosen && (
        <p className="target">
          {chosen.to === 'edit' ? words.edit : words.replyTo}: {firstWords(chosen.message)}{' '}
          <button type="button" onClick={cancel} aria-label={words.cancel}>
            ×
          </button>
        </p>
      )}
      <label className="attach" title={words.attach}>
        <span aria-hidden>📎</span>
        <input
          type="file"
          aria-label={words.attach}
          onChange={(event) => {
            const file = event.target.files?.[0]
            event.target.value = ''
            if (file) void fileContent(file, draft.trim()).then(give)
          }}
        />
      </label>
      <input
        value={draft}
        placeholder={words.write}
        aria-label={words.write}
        autoFocus={chosen !== null}
        onChange={(event) => setDraft(event.target.value)}
      />
      <button type="submit" className="send" aria-label={words.send} disabled={draft.trim() === ''}>
        ➤
      </button>
    </form>
  )
}
