/**
 * What people write, made up: sentences of common and of seldom words in two languages. Two of them make a message, so that words are
 * stemmed once a sentence and not once a message.
 */
const SENTENCES = 20_000
const WORDS = 6
/** Words of a language: the tenth is said about a tenth as often as the first. */
const VOCABULARY = 8_000

/** One in so many sentences holds it; a message has two. */
export const COMMON = {
  sentences: SENTENCES,
  words: [
    { word: 'заказ', oneOf: 8 },
    { word: 'order', oneOf: 8 },
    { word: 'доставка', oneOf: 100 },
    { word: 'invoice', oneOf: 100 },
  ],
} as const

/** Put behind a message itself, one in so many. */
export const MARKED = [
  { word: 'орнитоптер', oneOf: 50_000 },
  { word: 'zeppelin', oneOf: 50_000 },
] as const

const RU = ['ка', 'ро', 'ми', 'не', 'ту', 'сла', 'ве', 'до', 'при', 'зо', 'лю', 'ба', 'ши', 'гор', 'пе', 'чу']
const EN = ['ba', 'ter', 'mi', 'lon', 'cre', 'do', 'pla', 'ving', 'so', 'ran', 'fe', 'tu', 'gri', 'po', 'ka', 'wel']

export function sentences(): string[] {
  let seed = 20_261_126
  // The same each time, on every machine: mulberry32.
  const random = () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const wordOf = (syllables: string[], n: number) =>
    [n % 16, (n >> 4) % 16, (n >> 8) % 16, (n >> 12) % 16].map((at) => syllables[at]).join('')
  return Array.from({ length: SENTENCES }, (_, index) => {
    const syllables = index % 2 === 0 ? RU : EN
    // Seldom words are many: ranks as in any language.
    const words = Array.from({ length: WORDS }, () => wordOf(syllables, Math.floor(VOCABULARY ** random())))
    for (const { word, oneOf } of COMMON.words) if (random() < 1 / oneOf) words.splice(2, 0, word)
    return words.join(' ')
  })
}
