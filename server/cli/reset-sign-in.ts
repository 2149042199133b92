import { asciiAddress } from '#contract/email.ts'
import { findAccount } from '../members/accounts.ts'
import { recordEverywhere } from '../members/memberships.ts'
import { newResetSecret, RESET_HOURS } from '../members/reset-links.ts'
import { openDatabase } from '../platform/database.ts'
import { addressOf, readSettings } from '../platform/settings.ts'
import { StartFailure } from '../platform/start-failure.ts'
import { usageOf } from './cards.ts'
import { reachDatabase } from './reach-database.ts'
import { languageOf, type Language } from './terminal.ts'
import { wordsOf } from './words-of.ts'

/**
 * `parley reset-sign-in EMAIL`: the last way back, for whoever has the machine; an only owner without phone and codes has no other. It prints a
 * link and changes nothing yet: until the link is opened the account is as it was.
 */
export async function resetSignIn(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { words } = wordsOf('reset-sign-in', args, {}, 1)
  const [email] = words
  if (!email) throw new StartFailure(`Whose? It goes: ${usageOf('reset-sign-in')}`)
  const settings = readSettings(env)
  const reached = await reachDatabase(settings, { beside: true, known: true })
  const database = openDatabase({ url: reached.programUrl, connections: 2 })
  try {
    const account = await findAccount(database, { email: asciiAddress(email) })
    if (!account) throw new StartFailure(`There is no account with the e-mail ${JSON.stringify(email)} here.`)
    const secret = await database.transaction(async (tx) => {
      const made = await newResetSecret(tx, account.id, null)
      const memberships = await recordEverywhere(tx, account.id, (member) => ({
        actor: { kind: 'program', id: null },
        act: 'member.sign_in_link',
        object: { kind: 'member', id: member },
        address: null,
      }))
      if (memberships.length === 0)
        throw new StartFailure(
          `${account.email} was removed from every workspace: add this e-mail again on the page of members.`,
        )
      return made.secret
    })
    console.log(SENTENCES[languageOf(env)](account.email, `${addressOf(settings)}/reset#${secret}`))
  } finally {
    await database.close()
    await reached.stop()
  }
}

const SENTENCES: Record<Language, (email: string, link: string) => string> = {
  en: (email, link) =>
    `By this link ${email} sets a new password. The second factor is off then, and every session ends. It works once, within ${RESET_HOURS} hours; whoever has it gets in: ${link}`,
  ru: (email, link) =>
    `По этой ссылке ${email} задаст новый пароль. Второй фактор при этом выключится, все сеансы завершатся. Она действует один раз и ${RESET_HOURS} часа; кто её получит, тот и войдёт: ${link}`,
}
