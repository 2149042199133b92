import { wordsOf, type Content } from '#contract/message/content.ts'

/** More than one line holds: a text may be a megabyte, and all of it would be drawn behind the edge. */
const LINE = 300

/** What is said, for places that have one line. */
export const firstWords = (content: Content): string => wordsOf(content).slice(0, LINE)
