/** Settings of a connector, written once as zod: validation, types and the form in the window come from it. */
import { z } from 'zod'
import type { Words } from '#contract/manifest.ts'

/** How a field is shown. `secret` fields are sealed, write-only and never logged. */
export interface FieldMeta {
  label: Words
  hint?: Words
  secret?: true
  /** Of a secret that is ours to choose: the window makes one of so many random bytes, and shows it until it is saved. */
  makes?: number
  /** `false`: a URL that is only shown; all others say where secrets are sent, which are wanted again when they change. */
  leads?: false
  /** Folded away under "more". */
  advanced?: true
  /** Of an enum: each value in words. */
  options?: Record<string, Words>
}

/** Marks a field as a secret, keeping its other marks. */
export const secret = <T extends z.ZodType>(field: T, meta: Omit<FieldMeta, 'secret'>): T =>
  field.meta({ ...meta, secret: true }) as T

export const shown = <T extends z.ZodType>(field: T, meta: FieldMeta): T => field.meta({ ...meta }) as T

/** The setting `proxy` for connectors that bring their own form: with one set, nothing goes around it. */
export const mayBeProxied = {
  proxy: shown(
    z
      .string()
      .regex(/^(socks5h|http):\/\/\S+$/)
      .optional(),
    {
      label: { en: 'Proxy', ru: 'Прокси' },
      hint: {
        en: 'socks5h://user:password@host:port or http://host:port. With a proxy set, nothing goes around it.',
        ru: 'socks5h://имя:пароль@хост:порт или http://хост:порт. Если прокси задан, в обход не идёт ничего.',
      },
      secret: true,
      advanced: true,
    },
  ),
}

const httpShape = {
  apiUrl: shown(z.url({ protocol: /^https?$/ }).optional(), {
    label: { en: 'Another server', ru: 'Другой сервер' },
    hint: {
      en: 'Base address of a self-hosted server. Leave empty for the platform’s own.',
      ru: 'Адрес собственного сервера. Пусто — сервер самой платформы.',
    },
    advanced: true,
  }),
  ...mayBeProxied,
}

/** Settings of a connector that speaks HTTP: its own fields plus `apiUrl?` and `proxy?`. */
export const httpSettings = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject({ ...shape, ...httpShape })

/** The setting `receive` for connectors that know both ways; `auto`: webhooks when Parley has a public https address. */
export const receiveSetting = shown(z.enum(['auto', 'webhook', 'polling']).default('auto'), {
  label: { en: 'How messages arrive', ru: 'Как приходят сообщения' },
  hint: {
    en: 'Automatic: by webhook when Parley has a public https address, else by polling.',
    ru: 'Автоматически: вебхук, если у Parley есть публичный адрес https, иначе опрос.',
  },
  advanced: true,
  options: {
    auto: { en: 'Automatically', ru: 'Автоматически' },
    webhook: { en: 'By webhook', ru: 'Вебхук' },
    polling: { en: 'By polling', ru: 'Опрос' },
  },
})
