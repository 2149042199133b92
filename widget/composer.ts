/** Where the visitor writes: words, files by button, paste and drop, replies, corrections, quick answers. */
import type { Choice, Part } from '#contract/message/content.ts'
import { VISITOR_FILE_BYTES, VISITOR_TEXT } from '#contract/visitor-talk.ts'
import { previewOf } from './bubble.ts'
import { h, icon, iconButton } from './dom.ts'
import { sizeOf } from './media.ts'
import type { FileView, Room, ShownMessage } from './room.ts'
import type { Uploading } from './upload.ts'
import type { Words } from './words.ts'

export interface Composer {
  readonly element: HTMLElement
  focus(): void
  reply(message: ShownMessage): void
  edit(message: ShownMessage): void
  /** A keyboard under the last words of the team. */
  offer(choices: Choice[][]): void
  add(files: Iterable<File>): void
}

/** From here on the visitor is told how much is left. */
const TELL_LEFT = 200
const MOST_FILES = 9

interface Chip {
  readonly file: File
  readonly element: HTMLElement
  uploading: Uploading
  view: FileView | null
}

export function composer({ room, words, teamName }: { room: Room; words: Words; teamName: string }): Composer {
  let chips: Chip[] = []
  let answering: ShownMessage | null = null
  let correcting: ShownMessage | null = null

  const input = h('textarea', {
    rows: '1',
    maxlength: VISITOR_TEXT,
    placeholder: words.write,
    'aria-label': words.write,
    dir: 'auto',
  })
  const left = h('small', { class: 'left', 'aria-live': 'polite' })
  const notice = h('p', { class: 'notice', role: 'alert', hidden: true })
  const banner = h('div', { class: 'banner', hidden: true })
  const files = h('ul', { class: 'chips' })
  const quick = h('div', { class: 'quick', hidden: true })
  const picker = h('input', { type: 'file', multiple: true, hidden: true, tabindex: '-1', 'aria-hidden': 'true' })
  const send = iconButton('send', words.send, submit, { class: 'icon send', disabled: true })
  const attach = iconButton('clip', words.attach, () => picker.click())
  const element = h(
    'form',
    { class: 'composer' },
    quick,
    banner,
    notice,
    files,
    h('div', { class: 'line' }, attach, picker, input, left, send),
  )

  element.addEventListener('submit', (event) => {
    event.preventDefault()
    submit()
  })
  input.addEventListener('input', () => {
    if (input.value) room.types()
    if (!correcting) room.keepDraft(input.value)
    look()
  })
  input.addEventListener('keydown', (event) => {
    // An input method's Enter chooses a word.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault()
      submit()
    } else if (event.key === 'Escape' && (answering || correcting)) {
      event.stopPropagation()
      settle()
    }
  })
  input.addEventListener('paste', (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])]
    if (pasted.length === 0) return
    event.preventDefault()
    add(pasted)
  })
  input.addEventListener('beforeinput', ({ inputType, data }) => {
    if (inputType === 'insertFromPaste' || inputType === 'insertFromDrop') tellCut(data ?? '')
  })
  picker.addEventListener('change', () => {
    add(picker.files ?? [])
    picker.value = ''
  })
  input.value = room.draft()
  queueMicrotask(look)

  function look(): void {
    input.style.height = 'auto'
    input.style.height = `${Math.min(input.scrollHeight, 132)}px`
    const rest = VISITOR_TEXT - input.value.length
    left.textContent = rest <= TELL_LEFT ? String(rest) : ''
    left.title = words.left(rest)
    const isUploading = chips.some(({ view }) => view === null)
    send.disabled = isUploading || (input.value.trim() === '' && (chips.length === 0 || correcting !== null))
  }

  function submit(): void {
    if (send.disabled) return
    const text = input.value.trim()
    if (correcting) room.edit(correcting, text)
    else {
      const parts: Part[] = chips.flatMap(({ view }) => (view ? [partOf(view)] : []))
      if (text) parts.push({ kind: 'text', text, entities: [] })
      room.say(parts, answering?.id)
      for (const { element: chip } of chips) chip.remove()
      chips = []
      room.keepDraft('')
    }
    input.value = ''
    settle()
    input.focus()
  }

  /** Neither an answer nor a correction any more. */
  function settle(): void {
    if (correcting) input.value = room.draft()
    answering = null
    correcting = null
    banner.hidden = true
    notice.hidden = true
    look()
  }

  function show(title: string, about: ShownMessage): void {
    banner.replaceChildren(
      h('span', { class: 'what' }, h('b', {}, title), h('span', {}, previewOf(about, words))),
      iconButton('close', words.cancel, () => {
        settle()
        input.focus()
      }),
    )
    banner.hidden = false
    input.focus()
    look()
  }

  function complain(what: string): void {
    notice.textContent = what
    notice.hidden = false
  }

  /** The browser cuts what is longer than `maxlength`, and says nothing. */
  function tellCut(brought: string): void {
    const kept = input.value.length - (input.selectionEnd - input.selectionStart)
    notice.hidden = true
    if (kept + brought.replaceAll('\r\n', '\n').length > VISITOR_TEXT) complain(words.cut(VISITOR_TEXT))
  }

  function add(given: Iterable<File>): void {
    notice.hidden = true
    for (const file of given) {
      if (chips.length >= MOST_FILES) return
      if (file.size > VISITOR_FILE_BYTES) complain(words.tooBig(file.name))
      else chips.push(chipOf(file))
    }
    look()
  }

  function chipOf(file: File): Chip {
    const bar = h('progress', { max: 1, value: 0, 'aria-label': file.name })
    const element = h(
      'li',
      {},
      icon('file'),
      h('span', { class: 'what' }, h('b', {}, file.name), h('small', {}, sizeOf(file.size, words)), bar),
      iconButton('close', `${words.remove}: ${file.name}`, () => drop(chip)),
    )
    const uploading = room.upload(file, (share) => {
      bar.value = share
    })
    const chip: Chip = { file, element, uploading, view: null }
    files.append(element)
    uploading.done.then(
      (view) => {
        chip.view = view
        bar.remove()
        look()
      },
      () => {
        if (!chips.includes(chip)) return
        drop(chip)
        complain(words.failed(file.name))
      },
    )
    return chip
  }

  function drop(chip: Chip): void {
    chip.uploading.cancel()
    chip.element.remove()
    chips = chips.filter((each) => each !== chip)
    look()
  }

  return {
    element,
    focus: () => input.focus({ preventScroll: true }),
    add,
    reply: (message) => {
      if (correcting) settle()
      answering = message
      show(words.replyingTo(message.from === 'you' ? words.you : teamName), message)
    },
    edit: (message) => {
      answering = null
      correcting = message
      const [first] = message.content.parts
      input.value = first?.kind === 'text' ? first.text : ''
      show(words.editing, message)
    },
    offer: (choices) => {
      quick.hidden = choices.length === 0
      quick.replaceChildren(
        ...choices.flat().map((choice) =>
          h(
            'button',
            {
              type: 'button',
              class: 'choice',
              onclick: () => room.say([{ kind: 'text', text: choice.label, entities: [] }]),
            },
            choice.label,
          ),
        ),
      )
    },
  }
}

/** As the server knows it, whatever the browser thought it was. */
function partOf({ id, type, name, bytes, width, height }: FileView): Part {
  const media = {
    source: { file: id },
    type,
    bytes,
    ...(name ? { name } : {}),
    ...(width && height ? { width, height } : {}),
  }
  const kind = /^(image)\/(jpeg|png|webp|gif)$/.test(type) ? 'image' : type.startsWith('audio/') ? 'audio' : null
  if (kind) return { kind, ...media }
  return type.startsWith('video/') ? { kind: 'video', look: 'plain', ...media } : { kind: 'file', ...media }
}
