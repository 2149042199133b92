/**
 * Whose this page is. A tab that slept while another member signed in would act as him, for the browser's cookie is his by then: so each
 * call names the member whom the page was drawn for, and the server refuses what is another's.
 */
import type { MemberId } from '#contract/ids.ts'
import { MEMBER_HEADER } from '#contract/member-header.ts'

let drawnFor: MemberId | null = null
const others = new Set<() => void>()

/** Once `me` is known. It holds over the end of the page: what still asks then is his. */
export const drawFor = (member: MemberId): void => void (drawnFor = member)

export const memberHeader = (): Record<string, string> => (drawnFor === null ? {} : { [MEMBER_HEADER]: drawnFor })

/** For what can name no header. */
export const memberOfPage = (): MemberId | null => drawnFor

/** Called once the server says that another member sits here. */
export const onAnotherMember = (then: () => void): void => void others.add(then)

/** Of every call that failed, and of a feed that was closed: its code. */
export function noteRefusal(code: string): void {
  if (code === 'another_member') for (const then of others) then()
}
