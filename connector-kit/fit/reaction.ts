/** Reactions: the nearest that the network knows, else only seen here. */
import type { Abilities } from '#contract/message/abilities.ts'
import type { Op } from '../connector.ts'
import type { Fitted } from './fit.ts'

/** The same meaning, never another. */
const NEAREST: Readonly<Record<string, string>> = {
  '🥰': '❤',
  '❤️': '❤',
  '👌': '👍',
  '🙂': '👍',
  '😄': '😁',
  '😂': '🤣',
  '☹️': '😢',
  '🙁': '😢',
  '✅': '👍',
  '🎊': '🎉',
}

export function fitReaction(op: Extract<Op, { do: 'react' }>, abilities: Abilities): Fitted {
  const able = abilities.reaction
  if (!able?.out) return HERE_ONLY
  const { only } = able
  const nearest = (emoji: string): string[] => {
    const near = !only || only.includes(emoji) ? emoji : NEAREST[emoji]
    return near !== undefined && (!only || only.includes(near)) ? [near] : []
  }
  const known = op.emoji.flatMap(nearest)
  if (known.length < op.emoji.length) return HERE_ONLY
  // The newest stay: the last wish counts.
  const emoji = [...new Set(known)].slice(-able.perPerson)
  const same = emoji.length === op.emoji.length && emoji.every((each, index) => each === op.emoji[index])
  return {
    ops: [same ? op : { ...op, emoji }],
    applied: same ? [] : [{ rule: 'reaction_nearest', before: op.emoji.join(''), after: emoji.join('') }],
  }
}

const HERE_ONLY: Fitted = { ops: [], applied: [{ rule: 'reaction_here_only' }] }
