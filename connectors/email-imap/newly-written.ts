/**
 * What the person newly wrote: the text without the letters quoted below it and without the signature. Nothing is lost by a wrong guess:
 * the letter as it came stands beside it. So it cuts only where one of the usual marks stands, and never everything.
 */

/** The line above a quoted letter, in the languages of common clients. It may be broken over two or three lines. */
const INTRODUCES: readonly RegExp[] = [
  /^on .{4,200} wrote:$/i,
  /^am .{4,200} schrieb.{0,120}:$/i,
  /^le .{4,200} a écrit\s?:$/i,
  /^el .{4,200} escribió:$/i,
  /^il (giorno )?.{4,200} ha scritto:$/i,
  /^em .{4,200} escreveu:$/i,
  /^op .{4,200} schreef .{0,120}:$/i,
  /^w dniu .{4,200} (pisze|napisał\(a\)|napisał|napisała):$/i,
  // "25.11.2026 12:03, Анна <anna@example.org> пишет:", "чт, 26 нояб. 2026 г. в 10:01, Анна:" and their kin
  /^.{4,200} (пишет|писал|писала|написал|написала|написал\(а\)|писав|пише|жазды):$/iu,
  /^(пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье),? .{4,160}@.{2,120}>?:$/iu,
  /^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}.{0,60}<[^<>\s]+@[^<>\s]+>:?$/u,
]

/** Outlook and others put the old letter below a rule or a block of headers, unquoted. */
const DIVIDES =
  /^(-{2,}\s*(original message|forwarded message|исходное сообщение|пересланное сообщение|пересылаемое сообщение|ursprüngliche nachricht|message d'origine|mensaje original)\s*-{2,}|_{20,})$/iu
const FROM_LINE = /^(from|von|de|da|van|от|від|отправитель)\s*:\s?\S/iu
const SENT_LINE =
  /^(sent|date|gesendet|datum|envoyé|enviado|inviato|data|verzonden|отправлено|дата|надіслано)\s*:\s?\S/iu

/** RFC 3676 §4.3, with and without the blank that clients eat; and what phones add. */
const SIGNS = /^(-- ?|—)$/
const PHONE_SIGNS =
  /^(sent from my |sent from outlook|get outlook for |отправлено (с|из) |надіслано з |von meinem .{2,40} gesendet|envoyé (de mon|depuis))/iu

export function newlyWritten(text: string): string {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  if (lines.length > MOST_LINES) return tidy(lines)
  const words = lines.map((line) => line.trim())
  const cut = endOfNew(words)
  // Answers written between the quoted lines cannot be told apart from them: all stays.
  if (lines.slice(cut).some((_, index) => isBetween(words, cut + index))) return tidy(lines)
  const kept = withoutSign(lines.slice(0, cut))
  const written = tidy(kept)
  return written === '' ? tidy(lines) : written
}

/** A text of more lines is nobody's answer to a letter, and looking at it costs. */
const MOST_LINES = 3_000

/** Where the old letter begins. */
function endOfNew(words: readonly string[]): number {
  for (const [index, line] of words.entries()) {
    if (line === '') continue
    if (DIVIDES.test(line)) return index
    if (FROM_LINE.test(line) && words.slice(index + 1, index + 5).some((next) => SENT_LINE.test(next))) return index
    if (isIntroduction(words, index)) return index
    // A tail of quoted lines without any introduction.
    if (line.startsWith('>') && words.slice(index).every((each) => each === '' || each.startsWith('>'))) return index
  }
  return words.length
}

/** The shortest counts: what stands above an introduction is an answer, not its beginning. */
const isIntroduction = (words: readonly string[], index: number): boolean =>
  introduces(words, index, 1) ||
  (introduces(words, index, 2) && !introduces(words, index + 1, 1)) ||
  (introduces(words, index, 3) &&
    !introduces(words, index + 1, 1) &&
    !introduces(words, index + 1, 2) &&
    !introduces(words, index + 2, 1))

/** So many lines introduce when a quoted line, or the end of what was written, follows them. */
function introduces(words: readonly string[], index: number, length: number): boolean {
  const lines = words.slice(index, index + length)
  const joined = lines.join(' ')
  if (joined.length > 400 || lines.includes('') || !/[:>]$/.test(joined)) return false
  if (!INTRODUCES.some((form) => form.test(joined))) return false
  const next = words.slice(index + length, index + length + 4).find((line) => line !== '')
  return length === 1 || next === undefined || next.startsWith('>')
}

/** Unquoted words behind quoted ones: an answer point by point. */
function isBetween(words: readonly string[], index: number): boolean {
  const line = words[index]
  if (!line || line.startsWith('>') || SIGNS.test(line)) return false
  return words.slice(Math.max(0, index - 3), index).some((each) => each.startsWith('>')) && !isTail(words, index)
}

/** Only a signature and nothing quoted follows. */
const isTail = (words: readonly string[], index: number): boolean => {
  const sign = words.findLastIndex((line, at) => at <= index && (SIGNS.test(line) || PHONE_SIGNS.test(line)))
  return sign >= 0 && index - sign < 12
}

const MOST_SIGN_LINES = 12

function withoutSign(lines: readonly string[]): readonly string[] {
  const from = lines.findLastIndex((line) => SIGNS.test(line.trimEnd()))
  const signed = from >= 0 && lines.length - from <= MOST_SIGN_LINES ? lines.slice(0, from) : lines
  const last = signed.findLastIndex((line) => line.trim() !== '')
  return last > 0 && PHONE_SIGNS.test(signed[last]!.trim()) ? signed.slice(0, last) : signed
}

const tidy = (lines: readonly string[]): string =>
  lines
    .map((line) => line.trimEnd())
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
