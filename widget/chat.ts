/**
 * The chat that visitors of a site see. Loaded by one script tag from Parley's origin; lives in a shadow root of the site's page.
 *
 * chat.ts        who am I, the page's calls (`window.parley`)      connection.ts  socket or poll, hello, what is unsent
 * room.ts        what is known: talk, unread, typing               panel.ts       what is seen
 *
 * Works under a strict policy of the site: no inline script or style, no eval, no frame, no HTML from text, pictures on canvas.
 */
import type { ChatConfig } from '#contract/visitor-talk.ts'
import { memory } from './memory.ts'
import { panel, type Panel } from './panel.ts'
import { room } from './room.ts'
import { wordsFor } from './words.ts'

type Call = ['identify', string] | ['open'] | ['close'] | ['shutdown']

interface Queue {
  (...call: Call): void
  q?: ArrayLike<unknown>[]
}

declare global {
  interface Window {
    parley?: Queue
  }
}

const script = document.currentScript as HTMLScriptElement | null
if (script?.dataset.channel) void start(script.src, script.dataset.channel)
else console.warn('Parley: the script tag needs data-channel')

async function start(src: string, channel: string): Promise<void> {
  // Parley may stand below a path: everything but the file's own place is its address.
  const hook = `${src.replace(/\/widget\/[^/]*$/, '')}/hooks/${channel}`
  const waiting = (window.parley?.q ?? []).map((call) => Array.from(call) as Call)
  window.parley = (...call) => void waiting.push(call)
  const config = await configOf(hook)
  if (!config) return
  if (document.readyState === 'loading')
    await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }))

  const words = wordsFor(
    config.language === 'auto' ? document.documentElement.lang || navigator.language : config.language,
  )
  const talk = room({ hook, memory: memory(channel), language: words.language })
  const shown = panel({ config, words, room: talk })
  document.body.append(shown.element)
  const call = (...given: Call) => perform(given, talk, shown)
  window.parley = call
  for (const each of waiting) call(...each)
  const link = linkIn(location.hash)
  if (link) {
    // The token has done its work once it is said: it must not stay in the address, nor go into a bookmark.
    history.replaceState(history.state, '', location.pathname + location.search)
    talk.comeBy(link)
    shown.open()
  }
  talk.wake()
}

function perform(call: Call, talk: ReturnType<typeof room>, shown: Panel): void {
  switch (call[0]) {
    case 'identify':
      return talk.identify(String(call[1]))
    case 'open':
      return shown.open()
    case 'close':
      return shown.close()
    case 'shutdown':
      shown.close()
      return talk.forget()
    default:
      console.warn(`Parley: there is no "${String(call[0])}"`)
  }
}

/** @returns null: this site may not show the chat, or Parley is away; the page goes on without it */
async function configOf(hook: string): Promise<ChatConfig | null> {
  try {
    const response = await fetch(`${hook}/config`, { credentials: 'omit' })
    if (response.ok) return (await response.json()) as ChatConfig
    console.warn(`Parley: the chat is not shown here (${response.status})`)
  } catch {
    console.warn('Parley: the chat could not be reached, or this site is not in its list')
  }
  return null
}

const linkIn = (hash: string): string | undefined => /^#parley=([\w-]{8,64})$/.exec(hash)?.[1]
