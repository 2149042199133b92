/** What Telegram marks by itself: addresses, names, tags, commands. */
import type { ApiEntity } from '../api-types.ts'

const PATTERNS: readonly [type: string, pattern: RegExp][] = [
  [
    'url',
    /(?<![\w@./])(?:https?:\/\/[^\s<>"«»]+|(?:[a-z0-9-]+\.)+(?:com|org|net|ru|io|me|dev|info|example|x)\b(?:\/[^\s<>"«»]*)?)/gi,
  ],
  ['email', /(?<![\w@./])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g],
  ['mention', /(?<![\w@/])@[a-z]\w{2,31}/gi],
  ['bot_command', /(?<![\w/])\/[a-z0-9_]{1,64}(?:@[a-z]\w{2,31})?(?![\w/])/gi],
  ['hashtag', /(?<![\p{L}\p{N}_&])#[\p{L}\p{N}_]{1,256}/gu],
  ['cashtag', /(?<![\w$])\$[A-Z]{1,8}(?!\w)/g],
  ['phone_number', /(?<![\w+])\+\d[\d ()-]{9,17}\d(?!\w)/g],
]

/** Marks that nothing else may stand in, and links, whose label is not searched. */
const CLOSED = new Set(['code', 'pre', 'text_link', 'text_mention', 'custom_emoji', ...PATTERNS.map(([type]) => type)])

/** @param told  marks that are there already; nothing is found inside of code and links */
export function foundIn(text: string, told: readonly ApiEntity[]): ApiEntity[] {
  const taken = told.filter(({ type }) => CLOSED.has(type))
  const found: ApiEntity[] = []
  const isFree = (offset: number, length: number) =>
    [...taken, ...found].every((each) => offset >= each.offset + each.length || offset + length <= each.offset)
  for (const [type, pattern] of PATTERNS) {
    for (const match of text.matchAll(pattern)) {
      const shown = type === 'url' ? match[0].replace(/[.,:;!?)\]]+$/, '') : match[0]
      if (isFree(match.index, shown.length)) found.push({ type, offset: match.index, length: shown.length })
    }
  }
  return found
}
