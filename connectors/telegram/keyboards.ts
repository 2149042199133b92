/** What is offered with a message. https://core.telegram.org/bots/features#keyboards */
import { SendError } from '#connector-kit/send-error.ts'
import type { Choice, Choices } from '#contract/message/content.ts'
import type { InlineButton, KeyboardButton, Markup } from './api.ts'

/**
 * Buttons under the message; a keyboard in place of the person's own where that is asked for, or where a phone or a place is wanted:
 * only a keyboard's buttons can give those.
 * @throws SendError('content_refused') when links and such a button stand together: no kind of Telegram's keyboards has both
 */
export function markupOf({ as, rows, once }: Choices): Markup {
  const all = rows.flat()
  const asksPerson = all.some(({ does }) => does === 'phone' || does === 'place')
  if (as !== 'keyboard' && !asksPerson) return { inline_keyboard: rows.map((row) => row.map(inlineButton)) }
  if (all.some(({ does }) => does === 'link' || does === 'copy'))
    throw new SendError('content_refused', { field: 'choices' })
  return { keyboard: rows.map((row) => row.map(keyboardButton)), resize_keyboard: true, one_time_keyboard: once }
}

function inlineButton({ id, label: text, does, value = id }: Choice): InlineButton {
  switch (does) {
    case 'answer':
    case 'phone':
    case 'place':
      return { text, callback_data: value }
    case 'link':
      return { text, url: value }
    case 'copy':
      return { text, copy_text: { text: value } }
    case 'app':
      return { text, web_app: { url: value } }
  }
}

/** A press comes back as an ordinary text, the label. */
function keyboardButton({ id, label: text, does, value = id }: Choice): KeyboardButton {
  switch (does) {
    case 'phone':
      return { text, request_contact: true }
    case 'place':
      return { text, request_location: true }
    case 'app':
      return { text, web_app: { url: value } }
    case 'answer':
    case 'link':
    case 'copy':
      return { text }
  }
}
