/** One message as it is shown: its parts, its buttons, its ticks, and what can be done with it. */
import { isPicture } from './picture-like.ts'
import type { Choice, Part } from '#contract/message/content.ts'
import { h, icon, iconButton } from './dom.ts'
import { mediaView, type MediaSource } from './media.ts'
import { linkTo, rich, safeUrl } from './rich.ts'
import type { ShownMessage } from './room.ts'
import type { Words } from './words.ts'

export const REACTIONS = ['👍', '❤️', '😂', '🎉', '🙏'] as const

export interface BubbleDoes extends MediaSource {
  reply(message: ShownMessage): void
  edit(message: ShownMessage): void
  remove(message: ShownMessage): void
  react(message: ShownMessage, emoji: string | null): void
  press(message: ShownMessage, choice: Choice): void
  /** Scrolls to a message that a reply quotes. */
  show(id: string): void
}

export interface BubbleView {
  message: ShownMessage
  /** What it answers, if that is still in the thread. */
  quoted: ShownMessage | undefined
  /** Follows one of the same side at once. */
  isJoined: boolean
  teamName: string
}

export function bubble(
  { message, quoted, isJoined, teamName }: BubbleView,
  does: BubbleDoes,
  words: Words,
): HTMLElement {
  const mine = message.from === 'you'
  const who = mine ? words.you : teamName
  const time = message.at ? new Date(message.at) : null
  const body = message.deleted
    ? [h('p', { class: 'text gone' }, words.deleted)]
    : [
        quoted ? quoteOf(quoted, teamName, does, words) : null,
        ...message.content.parts.map((part) => partView(part, does, words)),
      ]
  const isBare = !message.deleted && !quoted && message.content.parts.every(isPicture)
  const item = h(
    'li',
    { class: `message ${mine ? 'mine' : 'theirs'}${isJoined ? ' joined' : ''}`, 'data-id': message.id },
    h('span', { class: 'hidden' }, `${who}: `),
    h(
      'div',
      { class: 'row' },
      h('div', { class: `bubble${isBare ? ' bare' : ''}`, dir: 'auto' }, ...body),
      actionsOf(message, does, words),
    ),
    message.deleted ? null : choicesOf(message, does),
    message.deleted ? null : reactionsOf(message, does),
    h(
      'span',
      { class: 'about' },
      message.edited && !message.deleted ? `${words.edited} · ` : null,
      time
        ? h(
            'time',
            { datetime: message.at },
            time.toLocaleTimeString(words.language, { hour: '2-digit', minute: '2-digit' }),
          )
        : null,
      mine && !message.deleted ? tickOf(message, words) : null,
    ),
  )
  return item
}

function tickOf({ waits, seen }: ShownMessage, words: Words): HTMLElement {
  const [name, label] = waits
    ? (['clock', words.waits] as const)
    : seen
      ? (['two', words.seen] as const)
      : (['one', words.sent] as const)
  return h('span', { class: `tick ${name}`, role: 'img', 'aria-label': label, title: label }, icon(name))
}

function partView(part: Part, does: BubbleDoes, words: Words): HTMLElement {
  switch (part.kind) {
    case 'text':
      return h('p', { class: 'text' }, ...rich(part, words.spoiler))
    case 'image':
    case 'video':
    case 'audio':
    case 'voice':
    case 'file':
    case 'sticker': {
      const { caption } = part
      const media = mediaView(part, does, words)
      return caption?.text
        ? h('div', { class: 'captioned' }, media, h('p', { class: 'text' }, ...rich(caption, words.spoiler)))
        : media
    }
    case 'location': {
      const url = `https://www.openstreetmap.org/?mlat=${part.lat}&mlon=${part.lon}#map=16/${part.lat}/${part.lon}`
      const name = [part.title, part.address].filter(Boolean).join(', ')
      return h('p', { class: 'text place' }, icon('place'), linkTo(url, name || words.place))
    }
    case 'contact':
      return h(
        'p',
        { class: 'text' },
        h('b', {}, part.name),
        ...part.phones.flatMap(callable),
        ...part.emails.flatMap(writable),
      )
    case 'link': {
      const url = safeUrl(part.url)
      return h(
        'p',
        { class: 'text' },
        url ? linkTo(url, part.title ?? url) : part.url,
        part.text ? `\n${part.text}` : null,
      )
    }
    case 'order':
      return h(
        'ul',
        { class: 'order' },
        ...part.items.map((item) => h('li', {}, `${item.name} × ${item.quantity}`, h('b', {}, money(item, words)))),
      )
    case 'poll':
      return h('p', { class: 'text' }, [part.question, ...part.options.map((option) => `• ${option}`)].join('\n'))
    case 'call':
    case 'event':
    case 'template':
    case 'html':
    case 'unknown':
      return h('p', { class: 'text gone' }, words.unknown)
  }
}

const callable = (phone: string): (Node | string)[] => ['\n', linkTo(`tel:${phone.replaceAll(/[^+\d]/g, '')}`, phone)]
const writable = (email: string): (Node | string)[] => ['\n', linkTo(`mailto:${email}`, email)]

function money(
  { minor, quantity, currency }: { minor: number; quantity: number; currency: string },
  { language }: Words,
): string {
  try {
    const format = new Intl.NumberFormat(language, { style: 'currency', currency })
    return format.format((minor * quantity) / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
  } catch {
    return `${(minor * quantity) / 100} ${currency}`
  }
}

function quoteOf(quoted: ShownMessage, teamName: string, does: BubbleDoes, words: Words): HTMLElement {
  return h(
    'button',
    { type: 'button', class: 'quote', onclick: () => does.show(quoted.id) },
    h('b', {}, quoted.from === 'you' ? words.you : teamName),
    h('span', {}, previewOf(quoted, words)),
  )
}

/** One line of it. */
export function previewOf({ content, deleted }: ShownMessage, words: Words): string {
  if (deleted) return words.deleted
  for (const part of content.parts) {
    if (part.kind === 'text') return part.text.slice(0, 120)
    if (part.kind === 'image' || part.kind === 'sticker') return words.picture
    if (part.kind === 'voice') return words.voice
    if ('source' in part) return ('name' in part && part.name) || words.file
  }
  return '…'
}

function choicesOf(message: ShownMessage, does: BubbleDoes): HTMLElement | null {
  const { choices } = message.content
  // A keyboard belongs to the composer.
  if (!choices || choices.as === 'keyboard') return null
  const isSpent = message.pressed !== undefined && choices.once
  const rows = choices.rows.map((row) =>
    h(
      'div',
      { class: 'choices' },
      ...row.map((choice) => {
        const isPressed = message.pressed === (choice.value ?? choice.id)
        const url = choice.does === 'link' ? safeUrl(choice.value) : null
        if (url) {
          const link = linkTo(url, choice.label, icon('elsewhere'))
          link.className = 'choice'
          return link
        }
        return h(
          'button',
          {
            type: 'button',
            class: 'choice',
            disabled: isSpent,
            'aria-pressed': isPressed ? 'true' : undefined,
            onclick: () => does.press(message, choice),
          },
          choice.label,
        )
      }),
    ),
  )
  return h('div', { class: `offer ${choices.as}` }, ...rows)
}

function reactionsOf(message: ShownMessage, does: BubbleDoes): HTMLElement | null {
  const { you, team } = message.reactions
  const all = [...new Set([...you, ...team])]
  if (all.length === 0) return null
  return h(
    'span',
    { class: 'reactions' },
    ...all.map((emoji) => {
      const isMine = you.includes(emoji)
      return h(
        'button',
        {
          type: 'button',
          'aria-pressed': String(isMine),
          onclick: () => does.react(message, isMine ? null : emoji),
        },
        emoji,
        isMine && team.includes(emoji) ? ' 2' : null,
      )
    }),
  )
}

/** Opened by its button: on touch screens there is no hovering, and a keyboard reaches it in its place. */
function actionsOf(message: ShownMessage, does: BubbleDoes, words: Words): HTMLElement | null {
  if (message.deleted || message.waits) return null
  const mine = message.from === 'you'
  const canEdit =
    mine && message.content.parts.length === 1 && message.content.parts[0]?.kind === 'text' && message.chat !== ''
  const close = () => {
    menu.hidden = true
    toggle.setAttribute('aria-expanded', 'false')
    toggle.focus()
  }
  const act = (name: 'reply' | 'edit' | 'bin', label: string, run: () => void) =>
    iconButton(name, label, () => {
      close()
      run()
    })
  const menu = h(
    'span',
    { class: 'menu', hidden: true, role: 'group', 'aria-label': words.actions },
    ...(mine
      ? []
      : REACTIONS.map((emoji) =>
          h(
            'button',
            {
              type: 'button',
              class: 'icon',
              'aria-label': words.reactWith(emoji),
              onclick: () => {
                close()
                does.react(message, message.reactions.you.includes(emoji) ? null : emoji)
              },
            },
            emoji,
          ),
        )),
    act('reply', words.reply, () => does.reply(message)),
    canEdit ? act('edit', words.edit, () => does.edit(message)) : null,
    mine ? act('bin', words.delete, () => does.remove(message)) : null,
  )
  const toggle = iconButton(
    'more',
    words.actions,
    () => {
      menu.hidden = !menu.hidden
      toggle.setAttribute('aria-expanded', String(!menu.hidden))
      if (!menu.hidden) menu.querySelector('button')?.focus()
    },
    { 'aria-expanded': 'false', class: 'icon more' },
  )
  const box = h('span', { class: 'actions' }, toggle, menu)
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || menu.hidden) return
    event.stopPropagation()
    close()
  })
  return box
}
