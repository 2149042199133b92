/** Each input is made of its seed and its number alone, so that any of them can be asked for again by itself. */
import { randomOf, type Random } from '#tests/faults/random.ts'

export type { Random }

export const chanceOf = (seed: number, number: number): Random =>
  randomOf(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b))

/** So many bytes of anything. */
export const rubbish = (random: Random, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => random.between(0, 255)))
