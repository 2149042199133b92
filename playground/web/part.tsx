/** One part of a message as a person's app shows it. */
import type { Part as AnyPart } from '#contract/message/content.ts'
import type { Snapshot } from '../snapshot.ts'
import { RichText } from './rich.tsx'

export function Part({ part, name, snapshot }: { part: AnyPart; name: string; snapshot: Snapshot }) {
  const source = 'source' in part && 'remote' in part.source ? part.source.remote : ''
  const caption =
    'caption' in part && part.caption ? <RichText {...part.caption} name={name} snapshot={snapshot} /> : null
  switch (part.kind) {
    case 'text':
      return <RichText text={part.text} entities={part.entities} name={name} snapshot={snapshot} />
    case 'image':
    case 'sticker':
      return (
        <figure>
          <img src={source} alt={part.name ?? ''} />
          {caption}
        </figure>
      )
    case 'video':
      return (
        <figure>
          <video src={source} controls muted />
          {caption}
        </figure>
      )
    case 'audio':
    case 'voice':
      return (
        <figure>
          <audio src={source} controls />
          {caption}
        </figure>
      )
    case 'file':
      return (
        <figure>
          <a href={source} download={part.name}>
            📎 {part.name ?? part.type}
          </a>
          {caption}
        </figure>
      )
    case 'location':
      return (
        <span>
          📍 {part.title ?? `${part.lat}, ${part.lon}`} {part.address}
        </span>
      )
    case 'contact':
      return (
        <span>
          👤 {part.name} {part.phones.join(' ')}
        </span>
      )
    case 'poll':
      return (
        <span>
          📊 {part.question}
          {part.options.map((option) => (
            <span key={option} className="option">
              ○ {option}
            </span>
          ))}
        </span>
      )
    case 'link':
      return <RichText text={part.url} entities={[]} name={name} snapshot={snapshot} />
    case 'order':
      return <span>🧾 {part.items.map((item) => `${item.name} × ${item.quantity}`).join(', ')}</span>
    case 'call':
      return <span>📞</span>
    case 'event':
    case 'unknown':
      return <i>{part.what}</i>
    case 'template':
      return <span>{part.name}</span>
    case 'html':
      return null
  }
}
