/** Whether an edit changes anything, and what it must not lose. */
import type { Content } from '#contract/message/content.ts'

/** But for files, which platforms name anew. */
export const sameContent = (one: Content, other: Content): boolean =>
  JSON.stringify(withoutFiles(one)) === JSON.stringify(withoutFiles(other))

/** A file that was fetched meanwhile is the same file: platforms name it anew with every edit. */
const withoutFiles = (content: Content): unknown => ({
  ...content,
  parts: content.parts.map((part) => ('source' in part ? { ...part, source: null, bytes: null } : part)),
})

/** An edited caption must not lose the file that is already ours. */
export function keepFiles(edited: Content, before: Content): Content {
  return {
    ...edited,
    parts: edited.parts.map((part, index) => {
      const old = before.parts[index]
      const same =
        'source' in part &&
        old &&
        'source' in old &&
        old.kind === part.kind &&
        old.kind !== 'html' &&
        part.kind !== 'html'
      return same && 'file' in old.source && old.bytes === part.bytes ? { ...part, source: old.source } : part
    }),
  }
}
