import type { ChatConfig } from '#contract/visitor-talk.ts'
import type { Settings } from './settings.ts'

/** What any visitor of the site may know of the settings: nothing secret. */
export const configOf = (settings: Settings): ChatConfig => ({
  title: settings.title ?? null,
  greeting: settings.greeting ?? null,
  colour: settings.colour,
  position: settings.position,
  language: settings.language,
  theme: settings.theme,
  askFor: settings.askFor,
  elsewhere: settings.elsewhere,
})
