import type { MessageView } from '#contract/calls/conversations.ts'
import type { Rich } from '#contract/message/content.ts'
import { keptMarks, writtenOf } from '#contract/message/marked-words.ts'
import { readMarks, writeMarks } from './marks.ts'

/** A note is shown as it was typed: it has no marks. */
export const typedOf = ({ direction, content }: MessageView) =>
  direction === 'note' ? { typed: writtenOf(content).text, rest: [] } : writeMarks(writtenOf(content))

/** A note as it is kept: without marks, and without the empty lines behind its last word. */
export const noteOf = (typed: string): Rich => ({ text: typed.trimEnd(), entities: [] })

/** What the member changed, with the marks that he could not see here. */
export function editedWords(message: MessageView, typed: string): Rich {
  if (message.direction === 'note') return noteOf(typed)
  const { text, entities } = readMarks(typed)
  const before = { text: writtenOf(message.content).text, entities: typedOf(message).rest }
  return { text, entities: [...entities, ...keptMarks(before, text)] }
}
