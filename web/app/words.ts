/**
 * The window's words: one file per folder and language (`web/pages/inbox/words.en.ts`, `words.ru.ts`), found by scanning. A folder's
 * name is its namespace, loaded together with the page. `checks/words.test.mjs` fails on a missing, unused or extra key.
 *
 * const t = useWords('inbox');  t('list.empty')  ·  t('app:undo') for words of another folder
 */
import i18next, { type BackendModule, type TFunction } from 'i18next'
import { initReactI18next, useTranslation } from 'react-i18next'

export const LANGUAGES = ['en', 'ru'] as const
export type Language = (typeof LANGUAGES)[number]
/** Values are texts; nesting groups them. `_one _few _many _other` end the forms of a number called `count`. */
export type WordTree = { readonly [key: string]: string | WordTree }
export type T = TFunction<string>

const KEPT = 'parley.language'
const files = import.meta.glob<{ default: WordTree }>(['../**/words.en.ts', '../**/words.ru.ts'])

/** `../pages/inbox/words.ru.ts` → `ru/inbox`; this folder's own are `./words.ru.ts`. */
const loaders = new Map(
  Object.entries(files).map(([path, load]) => {
    const [, folder = 'app', language] = /(?:([\w-]+)\/)?words\.(\w+)\.ts$/.exec(path) ?? []
    return [`${language}/${folder}`, load]
  }),
)

const folders: BackendModule = {
  type: 'backend',
  init: () => {},
  read: (language, namespace, callback) => {
    const load = loaders.get(`${language}/${namespace}`)
    if (!load) throw new Error(`there are no words ${language}/${namespace}`)
    else
      load().then(
        ({ default: words }) => callback(null, words),
        (error: Error) => callback(error, null),
      )
  },
}

/** Before the first paint: the language kept in this browser, else the browser's own. */
export async function startWords(): Promise<void> {
  await i18next
    .use(folders)
    .use(initReactI18next)
    .init({
      lng: startingLanguage(),
      fallbackLng: false,
      supportedLngs: LANGUAGES,
      ns: ['app', 'ui'],
      defaultNS: 'app',
      interpolation: { escapeValue: false },
      react: { useSuspense: true },
    })
  document.documentElement.lang = language()
}

export function startingLanguage(): Language {
  const kept = localStorage.getItem(KEPT)
  const wanted = [kept, ...navigator.languages].find((each) => each !== null && /^(ru|en)\b/i.test(each))
  return wanted?.slice(0, 2).toLowerCase() === 'ru' ? 'ru' : 'en'
}

/** The browser's own kind of a language: British and American clocks differ. */
export const localeOf = (wanted: string): string =>
  globalThis.navigator?.languages.find((each) => each.split('-')[0] === wanted && isTag(each)) ?? wanted

/** A browser takes its languages from the machine, and some machines name one that is none: `en-US@posix`. */
function isTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}

export const language = (): Language => (i18next.language === 'ru' ? 'ru' : 'en')

export async function speak(wanted: Language): Promise<void> {
  localStorage.setItem(KEPT, wanted)
  if (wanted === language()) return
  await i18next.changeLanguage(wanted)
  document.documentElement.lang = wanted
}

/** Loads a page's words beside its code. */
export const loadWords = (folder: string): Promise<void> => i18next.loadNamespaces(folder)

/** The words of a folder, inside components. Draws anew when the language changes. */
export const useWords = (folder: string): T => useTranslation(folder).t as T

/** The same outside of components; the folder's words must be loaded. */
export const wordsIn = (folder: string): T => i18next.getFixedT(null, folder) as T
