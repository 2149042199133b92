/** The button in the corner and the window above it. Not a modal: the page stays usable, the focus is never trapped. */
import type { ChatConfig } from '#contract/visitor-talk.ts'
import { coloursOf } from './colours.ts'
import { composer } from './composer.ts'
import { h, icon, iconButton } from './dom.ts'
import { form } from './form.ts'
import { LOOK } from './look.ts'
import { draw } from './media.ts'
import { linkTo, safeUrl } from './rich.ts'
import type { Room, RoomView } from './room.ts'
import { thread } from './thread.ts'
import type { Words } from './words.ts'

export interface Panel {
  readonly element: HTMLElement
  open(): void
  close(): void
}

export function panel({ config, words, room }: { config: ChatConfig; words: Words; room: Room }): Panel {
  const title = config.title ?? words.title
  const teamName = config.title ?? words.team
  let isOpen = false

  const write = composer({ room, words, teamName })
  const talk = thread({
    words,
    teamName,
    greeting: config.greeting ?? words.greeting,
    does: {
      fetch: room.fetch,
      enlarge,
      reply: write.reply,
      edit: write.edit,
      remove: room.remove,
      react: room.react,
      press: (message, choice) => room.press(message, choice.value ?? choice.id),
    },
  })
  const before =
    config.askFor.length > 0
      ? form(config.askFor, words, (given) => {
          room.form(given)
          write.focus()
        })
      : null

  const status = h('p', { role: 'status' }, words.online)
  const elsewhere = config.elsewhere.flatMap(({ name, url }) => {
    const safe = safeUrl(url) ?? (/^(tg|viber|whatsapp):/.test(url) ? url : null)
    return safe ? [linkTo(safe, name)] : []
  })
  const more = h(
    'nav',
    { class: 'elsewhere', hidden: true, 'aria-label': words.elsewhere },
    h('b', {}, words.elsewhere),
    ...elsewhere,
  )
  const moreButton = iconButton('elsewhere', words.elsewhere, () => {
    more.hidden = !more.hidden
    moreButton.setAttribute('aria-expanded', String(!more.hidden))
  })
  const head = h(
    'header',
    {},
    h(
      'span',
      { class: 'face', 'aria-hidden': 'true' },
      String.fromCodePoint(teamName.codePointAt(0) ?? 32).toUpperCase(),
    ),
    h('div', { class: 'what' }, h('h2', { id: 'title' }, title), status),
    elsewhere.length > 0 ? moreButton : null,
    iconButton('close', words.close, close, { class: 'icon shut' }),
  )
  const dropHint = h('div', { class: 'drop', 'aria-hidden': 'true' }, words.drop)
  const box = h(
    'section',
    { class: 'panel', role: 'dialog', 'aria-labelledby': 'title', hidden: true },
    head,
    more,
    talk.element,
    before,
    write.element,
    dropHint,
  )
  const badge = h('span', { class: 'badge', hidden: true, 'aria-hidden': 'true' })
  const launcher = h(
    'button',
    {
      type: 'button',
      class: 'launcher',
      'aria-label': words.open,
      'aria-expanded': 'false',
      onclick: () => (isOpen ? close() : open()),
    },
    icon('chat'),
    icon('down'),
    badge,
  )
  const root = h('div', { class: `root ${config.position}`, lang: words.language }, box, launcher)

  const element = h('div', { id: 'parley-chat' })
  const shadow = element.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(LOOK)
  shadow.adoptedStyleSheets = [sheet]
  shadow.append(root)
  paint()

  box.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close()
    // The page's own shortcuts must not hear what is typed here.
    event.stopPropagation()
  })
  let dragged = 0
  const drag = (by: number) => (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    dragged = Math.max(0, dragged + by)
    box.classList.toggle('dropping', dragged > 0)
  }
  box.addEventListener('dragenter', drag(1))
  box.addEventListener('dragleave', drag(-1))
  box.addEventListener('dragover', drag(0))
  box.addEventListener('drop', (event) => {
    drag(-dragged)(event)
    if (!isAsking(room.view())) write.add(event.dataTransfer?.files ?? [])
  })
  const isAsking = (view: RoomView) => before !== null && !view.isFormDone && view.messages.length === 0
  room.onChange(look)
  look()

  function look(): void {
    const view = room.view()
    talk.draw(view)
    status.textContent = view.isAway ? words.away : view.isTeamTyping ? `${teamName} ${words.typing}…` : words.online
    root.classList.toggle('away', view.isAway)
    if (before) before.hidden = !isAsking(view)
    write.element.hidden = isAsking(view)
    const last = view.messages.at(-1)
    const { choices } = last?.from === 'team' && !last.deleted ? last.content : {}
    write.offer(choices?.as === 'keyboard' ? choices.rows : [])
    badge.hidden = view.unread === 0 || isOpen
    badge.textContent = view.unread > 9 ? '9+' : String(view.unread)
    launcher.setAttribute(
      'aria-label',
      isOpen ? words.close : view.unread > 0 ? `${words.open}: ${words.unread(view.unread)}` : words.open,
    )
  }

  function open(): void {
    if (isOpen) return
    isOpen = true
    box.hidden = false
    root.classList.add('open')
    launcher.setAttribute('aria-expanded', 'true')
    room.enter()
    room.look(true)
    talk.toEnd()
    if (isAsking(room.view())) before?.querySelector('input')?.focus({ preventScroll: true })
    else write.focus()
  }

  function close(): void {
    if (!isOpen) return
    isOpen = false
    root.classList.remove('open')
    box.hidden = true
    launcher.setAttribute('aria-expanded', 'false')
    room.look(false)
    launcher.focus({ preventScroll: true })
  }

  function enlarge(picture: ImageBitmap, name: string, save: () => void): void {
    const canvas = h('canvas', { role: 'img', 'aria-label': name })
    draw(canvas, picture, innerWidth * devicePixelRatio, innerHeight * devicePixelRatio)
    const back = shadow.activeElement
    const shut = () => {
      light.remove()
      if (back instanceof HTMLElement) back.focus({ preventScroll: true })
    }
    const closer = iconButton('close', words.close, shut)
    const light = h(
      'div',
      { class: 'light', role: 'dialog', 'aria-label': name },
      canvas,
      h('div', { class: 'tools' }, iconButton('load', words.download(name), save), closer),
    )
    light.addEventListener('click', (event) => {
      if (event.target === light || event.target === canvas) shut()
    })
    light.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') shut()
      event.stopPropagation()
    })
    root.append(light)
    closer.focus()
  }

  function paint(): void {
    const { on, onLight, onDark } = coloursOf(config.colour)
    for (const [name, value] of Object.entries({ accent: config.colour, on, 'on-light': onLight, 'on-dark': onDark }))
      root.style.setProperty(`--${name}`, value)
    const night = matchMedia('(prefers-color-scheme: dark)')
    const turn = () =>
      root.classList.toggle('dark', config.theme === 'dark' || (config.theme === 'auto' && night.matches))
    night.addEventListener('change', turn)
    turn()
  }

  return { element, open, close }
}
