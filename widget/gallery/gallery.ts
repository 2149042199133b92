/**
 * The chat in every state it can be in, with invented talks and no server: `vite widget`, then `/gallery/gallery.html`.
 * `?state=talk&theme=dark&lang=ru&colour=%23b45309&position=left`
 */
import type { ChatConfig } from '#contract/visitor-talk.ts'
import { panel } from '../panel.ts'
import type { Room, RoomView } from '../room.ts'
import { wordsFor } from '../words.ts'
import { STATES, type State } from './states.ts'

const asked = new URLSearchParams(location.search)
const name = asked.get('state') ?? 'talk'
const language = asked.get('lang') === 'ru' ? 'ru' : 'en'
const state: State = STATES[name] ?? STATES.talk!
const config: ChatConfig = {
  title: 'Bergmann & Söhne',
  greeting: null,
  colour: asked.get('colour') ?? '#2563eb',
  position: asked.get('position') === 'left' ? 'left' : 'right',
  language,
  theme: asked.get('theme') === 'dark' ? 'dark' : 'light',
  askFor: [],
  elsewhere: [],
  ...state.config,
}
document.documentElement.style.colorScheme = config.theme
const shown = panel({ config, words: wordsFor(language), room: still(state.view(language)) })
document.body.append(shown.element)
if (state.isOpen !== false) shown.open()
state.afterwards?.(shown.element.shadowRoot!)

document.querySelector('#states')?.append(
  ...Object.keys(STATES).map((each) => {
    const link = document.createElement('a')
    asked.set('state', each)
    link.href = `?${asked}`
    link.textContent = each
    return link
  }),
)

/** A room in which nothing happens. */
function still(view: RoomView): Room {
  const nothing = () => {}
  return {
    view: () => view,
    onChange: nothing,
    wake: nothing,
    enter: nothing,
    look: nothing,
    say: nothing,
    edit: nothing,
    remove: nothing,
    react: nothing,
    press: nothing,
    types: nothing,
    form: nothing,
    upload: (_, progress) => {
      progress(0.6)
      return { done: new Promise(nothing), cancel: nothing }
    },
    fetch: async (file) => painted(file),
    draft: () => '',
    keepDraft: nothing,
    comeBy: nothing,
    identify: nothing,
    forget: nothing,
  }
}

/** A picture of something, drawn on the spot. */
async function painted(file: string): Promise<Blob> {
  const canvas = new OffscreenCanvas(640, 420)
  const pen = canvas.getContext('2d')!
  const ground = pen.createLinearGradient(0, 0, 640, 420)
  ground.addColorStop(0, '#d9b08c')
  ground.addColorStop(1, '#7a4a2b')
  pen.fillStyle = ground
  pen.fillRect(0, 0, 640, 420)
  pen.fillStyle = '#2b1a10'
  pen.beginPath()
  pen.ellipse(320, 310, 220, 46, 0, 0, 7)
  pen.fill()
  pen.fillStyle = file.endsWith('2') ? '#5b7553' : '#f5ede4'
  pen.beginPath()
  pen.moveTo(150, 300)
  pen.bezierCurveTo(170, 130, 260, 120, 300, 190)
  pen.bezierCurveTo(360, 250, 470, 240, 500, 300)
  pen.closePath()
  pen.fill()
  return canvas.convertToBlob({ type: 'image/png' })
}
