import type { ContactView, IdentityView } from '#contract/calls/contacts.ts'
import type { ContactId, ConversationId } from '#contract/ids.ts'
import { MergePicker } from './merge-picker.tsx'
import { SplitDialog } from './split-dialog.tsx'

/** What the contact's pane asked for; `contact` as it was then. */
export type ContactDialog =
  | { ask: 'merge'; contact: ContactView }
  | { ask: 'split'; contact: ContactView; identity: IdentityView }

export interface ContactDialogsProps {
  asked: ContactDialog
  conversation: ConversationId
  onClose: () => void
  onPick: (other: ContactId) => void
}

/** Drawn by the page and not by the pane: they outlive it when the window is made narrower. */
export function ContactDialogs({ asked, conversation, onClose, onPick }: ContactDialogsProps) {
  return asked.ask === 'merge' ? (
    <MergePicker contact={asked.contact.id} onClose={onClose} onPick={onPick} />
  ) : (
    <SplitDialog contact={asked.contact} identity={asked.identity} conversation={conversation} onClose={onClose} />
  )
}
