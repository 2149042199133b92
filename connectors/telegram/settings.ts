/** What must be known to sign in: the token that @BotFather gave. */
import { z } from 'zod'
import { httpSettings, receiveSetting, secret } from '#connector-kit/settings.ts'

export const settings = httpSettings({
  token: secret(z.string().regex(/^\d+:[\w-]+$/), {
    label: { en: 'Bot token', ru: 'Токен бота' },
    hint: {
      en: 'Write /newbot or /token to @BotFather in Telegram. Looks like 123456:ABC-DEF…',
      ru: 'Напишите @BotFather в Telegram команду /newbot или /token. Выглядит как 123456:ABC-DEF…',
    },
  }),
  receive: receiveSetting,
})
export type Settings = z.infer<typeof settings>
