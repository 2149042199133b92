const LATIN: Record<string, string> = Object.fromEntries(
  'а:a б:b в:v г:g д:d е:e ё:e ж:zh з:z и:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:kh ц:ts ч:ch ш:sh щ:sch ъ: ы:y ь: э:e ю:yu я:ya'
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
)

/** A person's address at `people.test`. Servers without SMTPUTF8 take Latin letters only, so Cyrillic ones are written by them. */
export function addressOf(name: string): string {
  const latin = name
    .toLowerCase()
    .replaceAll(/[а-яё]/g, (letter) => LATIN[letter]!)
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
  const local = latin.replaceAll(/[^a-z0-9]+/g, '.').replaceAll(/^\.|\.$/g, '')
  return `${local || 'somebody'}@people.test`
}
