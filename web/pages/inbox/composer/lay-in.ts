/** Into a text box that nobody looks at: what came back is found there when its conversation is opened again. */
import type { ConversationId } from '#contract/ids.ts'
import { attachUploaded } from './attached.ts'
import type { ComposeAsk } from './composer.tsx'
import { isAhead, keepAhead, owedDraft, saveNow } from './draft-saves.ts'
import { setDrafted } from './drafted.ts'
import { headOf, setHead } from './heads.ts'
import { keepDraft, keptDraft } from './kept-draft.ts'

/** At once: whatever is waited for here could be waited for in vain. */
export function layIn(
  conversation: ConversationId,
  { kind, back, uploadedAt = null }: ComposeAsk & Required<Pick<ComposeAsk, 'back'>>,
): void {
  const before = owedDraft(conversation) ?? keptDraft(conversation)
  const draft = { text: [before?.text, back.text].filter(Boolean).join('\n'), note: kind === 'note' }
  if (!before || isAhead(conversation)) keepAhead(conversation, draft)
  else {
    keepDraft(conversation, draft)
    saveNow(conversation, draft)
  }
  setDrafted(conversation, draft.text.trim() !== '')
  attachUploaded(conversation, back.files, uploadedAt)
  const { subject, cc } = headOf(conversation)
  setHead(conversation, { subject: subject || back.head.subject, cc: cc || back.head.cc })
}
