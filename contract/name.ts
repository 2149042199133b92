import { z } from 'zod'

/** Nothing of this is seen: blanks, control characters, what joins or hides, the empty Braille cell, and what stands for a broken character. */
const UNSEEN = /[\p{Cc}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\uFFFD]/gu

const isSeen = (text: string): boolean => text.replaceAll(UNSEEN, '') !== ''

/** By which people know something: whatever else it is, it can be seen. */
export const nameUpTo = (longest: number) =>
  z.string().trim().min(1).max(longest).refine(isSeen, 'nothing of it can be seen')
