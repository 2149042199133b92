/** What must be known to sign in. */
import { z } from 'zod'
import { httpSettings, secret } from '#connector-kit/settings.ts'

export const settings = httpSettings({
  token: secret(z.string().min(1), {
    label: { en: 'Token', ru: 'Токен' },
    hint: { en: 'Where it is found', ru: 'Где его найти' },
  }),
})
export type Settings = z.infer<typeof settings>
