/** Buttons and keyboards, checked as the server checks them. https://core.telegram.org/bots/api#inlinekeyboardmarkup */
import { refuse } from './refusal.ts'
import type { Chat, Keyboard } from './world.ts'

export interface InlineButton {
  text: string
  callback_data?: string
  url?: string
  [action: string]: unknown
}

export interface ReadMarkup {
  /** Shown under the message and told with it. */
  inline?: { inline_keyboard: InlineButton[][] }
  keyboard?: Keyboard | 'removed'
}

const MOST_BUTTONS = 100
const MOST_IN_ROW = 8
const ACTIONS = [
  'callback_data',
  'url',
  'web_app',
  'login_url',
  'switch_inline_query',
  'switch_inline_query_current_chat',
  'switch_inline_query_chosen_chat',
  'copy_text',
  'callback_game',
  'pay',
]

export function readMarkup(given: Record<string, unknown> | undefined, chat: Chat): ReadMarkup {
  if (!given) return {}
  if ('inline_keyboard' in given) {
    const rows = rowsOf<InlineButton>(given.inline_keyboard)
    for (const button of rows.flat()) checkButton(button)
    return rows.length > 0 ? { inline: { inline_keyboard: rows } } : {}
  }
  if ('keyboard' in given) {
    const rows = rowsOf<string | Keyboard['keyboard'][number][number]>(given.keyboard).map((row) =>
      row.map((button) => (typeof button === 'string' ? { text: button } : button)),
    )
    const isPrivate = chat.about.type === 'private'
    for (const button of rows.flat()) {
      if (!button.text) refuse(400, 'Can\'t parse keyboard button: Field "text" must be of type String')
      if (button.request_contact && !isPrivate) refuse(400, 'Phone number can be requested in private chats only')
      if (button.request_location && !isPrivate) refuse(400, 'Location can be requested in private chats only')
    }
    return { keyboard: { keyboard: rows, one_time_keyboard: given.one_time_keyboard === true } }
  }
  if (given.remove_keyboard === true) return { keyboard: 'removed' }
  if (given.force_reply === true) return {}
  return refuse(400, "Can't parse reply keyboard markup JSON object")
}

function rowsOf<Button>(rows: unknown): Button[][] {
  const isRows = Array.isArray(rows) && rows.every((row) => Array.isArray(row))
  if (!isRows) return refuse(400, "Can't parse reply keyboard markup JSON object")
  const all = rows as Button[][]
  if (all.flat().length > MOST_BUTTONS || all.some((row) => row.length > MOST_IN_ROW))
    refuse(400, 'Reply markup is too long')
  return all.filter((row) => row.length > 0)
}

function checkButton(button: InlineButton): void {
  if (typeof button.text !== 'string' || button.text === '')
    refuse(400, 'Can\'t parse inline keyboard button: Field "text" must be of type String')
  const actions = ACTIONS.filter((action) => button[action] !== undefined)
  if (actions.length !== 1) refuse(400, 'Text buttons are unallowed in the inline keyboard')
  const bytes = Buffer.byteLength(button.callback_data ?? 'x')
  if (bytes < 1 || bytes > 64) refuse(400, 'BUTTON_DATA_INVALID')
  if (button.url !== undefined && !/^(https?|tg):\/\/\S+$/i.test(button.url) && !/^[\w.-]+\.\w+/.test(button.url))
    refuse(400, `Inline keyboard button URL '${button.url}' is invalid: Wrong HTTP URL`)
}
