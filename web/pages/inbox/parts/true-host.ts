/**
 * Where a link leads, for links whose words let one think of another place: other words than its address, or letters that only look
 * like those of a known name.
 */

/** The words of a link, where they are an address themselves. */
const ADDRESS = /^\s*(?:https?:\/\/)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?::\d+)?(?:[/?#]\S*)?\s*$/iu

/** @returns the host to show beside the link, as machines write it; null: its words are honest, or name no place at all */
export function trueHost(url: string, words: string): string | null {
  if (!URL.canParse(url)) return null
  const { protocol, hostname } = new URL(url)
  const [, named] = ADDRESS.exec(words) ?? []
  if (named === undefined || !/^https?:$/.test(protocol)) return null
  const shown = `https://${named}`
  const isSame = URL.canParse(shown) && withoutWww(new URL(shown).hostname) === withoutWww(hostname)
  return isSame && isOfOneScript(named) ? null : hostname
}

const withoutWww = (host: string): string => host.replace(/^www\./i, '')

const SCRIPTS = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u]

/** пример.рф and bücher.de are; аррӏе.com, whose letters before the dot are Cyrillic, is not. */
function isOfOneScript(host: string): boolean {
  const name = withoutWww(host)
  return SCRIPTS.filter((script) => script.test(name)).length <= 1
}
