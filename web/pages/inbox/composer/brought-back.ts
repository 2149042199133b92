/** A message that comes back to be written on: what the member typed and attached, out of what was to leave. Pure. */
import type { MessageView } from '#contract/calls/conversations.ts'
import type { FileView } from '#contract/calls/files.ts'
import type { FileId } from '#contract/ids.ts'
import { isMedia, type Content, type Rich } from '#contract/message/content.ts'
import { goesOnUnder } from '#contract/message/goes-on-under.ts'
import type { LetterHead } from './heads.ts'
import { writeMarks } from './marks.ts'

export interface BroughtBack {
  readonly text: string
  readonly files: readonly FileView[]
  readonly head: LetterHead
}

/** @param note  it is shown as it was typed: it has no marks */
export function broughtBack(
  { parts, subject, cc }: Pick<Content, 'parts' | 'subject' | 'cc'>,
  note: boolean,
): BroughtBack {
  const typed = ({ text, entities }: Rich) => (note ? text : writeMarks({ text, entities }).typed)
  return {
    text: parts
      .flatMap((each) =>
        each.kind === 'text' ? [typed(each)] : 'caption' in each && each.caption ? [typed(each.caption)] : [],
      )
      .join('\n'),
    files: parts.flatMap((each) =>
      isMedia(each) && 'file' in each.source
        ? [
            {
              id: each.source.file as FileId,
              name: each.name ?? null,
              type: each.type,
              bytes: each.bytes ?? 0,
              width: each.width ?? null,
              height: each.height ?? null,
              seconds: each.seconds ?? null,
            },
          ]
        : [],
    ),
    head: { subject: subject ?? '', cc: cc?.join(', ') ?? '' },
  }
}

/** What the server writes over a letter without a subject: that of the last one before it. */
export function keptSubject(before: readonly MessageView[], { channel }: Pick<MessageView, 'channel'>): string | null {
  const last = before.findLast((each) => each.channel === channel && each.content.subject)?.content.subject
  return last ? goesOnUnder(last) : null
}
