/** Where the chat may appear, how it looks, and how the site proves who its customers are. */
import { z } from 'zod'
import { secret, shown } from '#connector-kit/settings.ts'
import { isIdentityKey, MIN_SECRET } from './identity.ts'
import { isSite } from './origins.ts'

const Elsewhere = z.strictObject({
  name: z.string().min(1).max(40),
  url: z.url({ protocol: /^(https|tg|viber|whatsapp|mailto|tel)$/ }),
})

export const settings = z.strictObject({
  origins: shown(
    z.array(z.string().max(300).refine(isSite, 'like https://shop.example or https://*.shop.example')).min(1).max(50),
    {
      label: { en: 'Sites', ru: 'Сайты' },
      hint: {
        en: 'Where the chat may appear: https://shop.example. https://*.shop.example means every subdomain.',
        ru: 'Где чат может появиться: https://shop.example. https://*.shop.example — все поддомены.',
      },
    },
  ),
  page: shown(z.url({ protocol: /^https?$/ }).optional(), {
    label: { en: 'Page for links into the chat', ru: 'Страница для ссылок в чат' },
    hint: {
      en: 'A page that shows the chat. Empty: the first site’s start page.',
      ru: 'Страница, где есть чат. Пусто — главная первого сайта.',
    },
    advanced: true,
    leads: false,
  }),
  title: shown(z.string().trim().min(1).max(60).optional(), {
    label: { en: 'Name in the chat’s head', ru: 'Название в шапке чата' },
  }),
  greeting: shown(z.string().trim().min(1).max(500).optional(), {
    label: { en: 'Greeting', ru: 'Приветствие' },
    hint: { en: 'Shown before the first message.', ru: 'Показывается до первого сообщения.' },
  }),
  colour: shown(
    z
      .string()
      .regex(/^#[0-9a-fA-F]{6}$/)
      .default('#2563eb'),
    { label: { en: 'Colour', ru: 'Цвет' }, hint: { en: 'As #2563eb.', ru: 'В виде #2563eb.' } },
  ),
  position: shown(z.enum(['right', 'left']).default('right'), {
    label: { en: 'Corner of the page', ru: 'Угол страницы' },
    options: { right: { en: 'Right', ru: 'Справа' }, left: { en: 'Left', ru: 'Слева' } },
  }),
  language: shown(z.enum(['auto', 'en', 'ru']).default('auto'), {
    label: { en: 'Language', ru: 'Язык' },
    options: {
      auto: { en: 'Automatic', ru: 'Автоматически' },
      en: { en: 'English', ru: 'Английский' },
      ru: { en: 'Russian', ru: 'Русский' },
    },
    hint: { en: 'Automatic: the page’s language.', ru: 'Автоматически: язык страницы.' },
  }),
  theme: shown(z.enum(['auto', 'light', 'dark']).default('auto'), {
    label: { en: 'Theme', ru: 'Тема' },
    options: {
      auto: { en: 'As the visitor’s device', ru: 'Как на устройстве посетителя' },
      light: { en: 'Light', ru: 'Светлая' },
      dark: { en: 'Dark', ru: 'Тёмная' },
    },
  }),
  askFor: shown(
    z
      .array(z.enum(['name', 'email', 'phone']))
      .max(3)
      .default([]),
    {
      label: { en: 'Ask before the talk', ru: 'Спросить перед разговором' },
      options: {
        name: { en: 'Name', ru: 'Имя' },
        email: { en: 'E-mail', ru: 'Эл. почта' },
        phone: { en: 'Phone', ru: 'Телефон' },
      },
      hint: {
        en: 'What a visitor writes here is a label, not a proof: it joins nobody with anybody.',
        ru: 'То, что посетитель здесь напишет, — подпись, а не доказательство: по ней никого ни с кем не объединяют.',
      },
    },
  ),
  elsewhere: shown(z.array(Elsewhere).max(8).default([]), {
    label: { en: 'Messengers to go on in', ru: 'Мессенджеры для продолжения' },
    advanced: true,
    leads: false,
  }),
  identitySecret: secret(z.string().min(MIN_SECRET).max(500).optional(), {
    label: { en: 'Secret for signed customers (HS256)', ru: 'Секрет для подписи клиентов (HS256)' },
    hint: {
      en: 'Your server signs with it, visitors’ browsers never see it. A new one ends the old one at once.',
      ru: 'Им подписывает ваш сервер, браузеры посетителей его не видят. Новый сразу отменяет прежний.',
    },
    makes: 32,
    advanced: true,
  }),
  identityKey: shown(z.string().max(1000).refine(isIdentityKey, 'a public Ed25519 key in PEM').optional(), {
    label: { en: 'Public key for signed customers (EdDSA)', ru: 'Открытый ключ для подписи клиентов (EdDSA)' },
    hint: {
      en: 'Instead of the secret: a public Ed25519 key in PEM. With it set, HS256 is not accepted.',
      ru: 'Вместо секрета: открытый ключ Ed25519 в PEM. Если он задан, HS256 не принимается.',
    },
    advanced: true,
  }),
})
export type Settings = z.infer<typeof settings>
