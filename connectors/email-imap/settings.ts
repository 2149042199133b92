/** What must be known to sign in: one mailbox, the server that keeps it and the server that sends for it. */
import { z } from 'zod'
import { emailUpTo } from '#contract/email.ts'
import { mayBeProxied, secret, shown } from '#connector-kit/settings.ts'

const server = (ports: { tls: number; startTls: number }, label: { en: string; ru: string }) =>
  shown(
    z.strictObject({
      host: shown(z.string().trim().min(1).max(253), { label: { en: 'Server', ru: 'Сервер' } }),
      port: shown(z.int().min(1).max(65_535).default(ports.tls), { label: { en: 'Port', ru: 'Порт' } }),
      tls: shown(z.boolean().default(true), {
        label: { en: 'Encrypted from the start', ru: 'Шифрование сразу' },
        hint: {
          en: `On for port ${ports.tls}. Off for port ${ports.startTls}: then encryption begins by STARTTLS, and a server without it is refused.`,
          ru: `Включено для порта ${ports.tls}. Выключено для порта ${ports.startTls}: тогда шифрование начинается командой STARTTLS, а сервер без неё не принимается.`,
        },
      }),
    }),
    { label },
  )

export const settings = z.strictObject({
  address: shown(emailUpTo(254).toLowerCase(), {
    label: { en: 'Address', ru: 'Адрес' },
    hint: { en: 'What people write to: shop@example.com', ru: 'На что вам пишут: shop@example.com' },
  }),
  name: shown(
    z
      .string()
      .trim()
      .max(100)
      .regex(/^\P{Cc}*$/u)
      .optional(),
    {
      label: { en: 'Sender’s name', ru: 'Имя отправителя' },
      hint: {
        en: 'Stands beside the address in your letters: Shop on the Corner. Empty: the address alone.',
        ru: 'Стоит рядом с адресом в ваших письмах: «Лавка на углу». Пусто — только адрес.',
      },
    },
  ),
  user: shown(z.string().min(1).max(320), {
    label: { en: 'User name', ru: 'Имя пользователя' },
    hint: { en: 'Most often the whole address', ru: 'Чаще всего — адрес целиком' },
  }),
  password: secret(z.string().min(1).max(1_000), {
    label: { en: 'Password', ru: 'Пароль' },
    hint: {
      en: 'Gmail, Yandex and Mail.ru want a password made for this app alone: the set-up steps say how.',
      ru: 'Gmail, Яндекс и Mail.ru требуют отдельный пароль приложения: как его получить, сказано в шагах настройки.',
    },
  }),
  imap: server({ tls: 993, startTls: 143 }, { en: 'Receiving (IMAP)', ru: 'Приём (IMAP)' }),
  smtp: server({ tls: 465, startTls: 587 }, { en: 'Sending (SMTP)', ru: 'Отправка (SMTP)' }),
  ...mayBeProxied,
})
export type Settings = z.infer<typeof settings>
export type ServerSettings = Settings['imap']

/** Passwords leave this machine only inside TLS; what stays on it may do without. */
export const staysHere = ({ host }: ServerSettings): boolean => /^(127(\.\d+){3}|::1|\[::1\]|localhost)$/i.test(host)
