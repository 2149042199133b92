import type { MessageView } from '#contract/calls/conversations.ts'
import type { Rich } from '#contract/message/content.ts'
import { keptMarks, writtenOf } from '#contract/message/marked-words.ts'
import { readMarks, writeMarks } from './marks.ts'

/** A note is shown as it was typed: it has no marks. */
export const typedOf = ({ direction, content }: MessageView) =>
  direction === 'note' ? { typed: writtenOf(content).text, rest: [] } : writeMarks(writtenOf(content))

/** What the member changed, with the marks that he could not see here. */
export function editedWords(message: MessageView, typed: string): Rich {
  if (message.direction === 'note') return { text: typed, entities: [] }
  const { text, entities } = readMarks(typed)
  const before = { text: writtenOf(message.content).text, entities: typedOf(message).rest }
  return { text, entities: [...entities, ...keptMarks(before, text)] }
}
