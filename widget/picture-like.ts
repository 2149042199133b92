import type { Part } from '#contract/message/content.ts'

/** Stands alone, without a bubble around it. */
export const isPicture = (part: Part): boolean =>
  (part.kind === 'image' || part.kind === 'sticker') && !part.caption?.text && 'file' in part.source
