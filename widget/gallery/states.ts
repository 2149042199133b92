/** Talks that never took place. */
import type { Content, Part } from '#contract/message/content.ts'
import type { FileId } from '#contract/ids.ts'
import type { ChatConfig } from '#contract/visitor-talk.ts'
import type { RoomView, ShownMessage } from '../room.ts'

type Language = 'en' | 'ru'

export interface State {
  view(language: Language): RoomView
  config?: Partial<ChatConfig>
  isOpen?: false
  /** What somebody has done before the picture is taken. */
  afterwards?(root: ShadowRoot): void
}

const text = (words: string): Part => ({ kind: 'text', text: words, entities: [] })
const file = (last: string) => ({ file: `00000000-0000-7000-8000-00000000000${last}` as FileId })

function talk(...said: ((minute: number) => ShownMessage)[]): ShownMessage[] {
  return said.map((say, index) => say(index))
}

const begun = new Date()
begun.setHours(begun.getHours() > 0 ? begun.getHours() - 1 : 0, 4, 0, 0)
const said =
  (from: 'you' | 'team', content: Content | string, more: Partial<ShownMessage> = {}) =>
  (minute: number): ShownMessage => ({
    id: `m${minute}`,
    chat: 'v:1',
    seq: minute + 1,
    from,
    at: new Date(begun.getTime() + minute * 70_000).toISOString(),
    content: typeof content === 'string' ? { parts: [text(content)] } : content,
    reactions: { you: [], team: [] },
    ...more,
  })

const view = (messages: ShownMessage[], more: Partial<RoomView> = {}): RoomView => ({
  messages,
  unread: 0,
  isTeamTyping: false,
  isAway: false,
  isFormDone: false,
  ...more,
})

const shoes = (language: Language) =>
  language === 'ru'
    ? talk(
        said('you', 'Здравствуйте! Есть ли эти ботинки 43-го размера?', { seen: true }),
        said('team', 'Добрый день! Да, в коричневом и чёрном. Вот коричневые:'),
        said(
          'team',
          {
            parts: [
              { kind: 'image', source: file('1'), type: 'image/png', width: 640, height: 420, name: 'ботинки.png' },
            ],
          },
          { reactions: { you: ['❤️'], team: [] } },
        ),
        said('you', 'Очень красивые. А чем их чистить?', { seen: true, replyTo: 'm2' }),
        said('team', {
          parts: [
            {
              kind: 'text',
              text: 'Щётка и воск. Подробно: https://bergmann.example/uhod — там же видео.',
              entities: [{ kind: 'bold', offset: 0, length: 12 }],
            },
            { kind: 'file', source: file('3'), type: 'application/pdf', name: 'Уход за кожей.pdf', bytes: 482_000 },
          ],
        }),
        said('team', {
          parts: [text('Отложить пару для вас?')],
          choices: {
            as: 'buttons',
            once: true,
            rows: [
              [
                { id: 'y', label: 'Да, коричневые', does: 'answer' },
                { id: 'b', label: 'Чёрные', does: 'answer' },
              ],
            ],
          },
        }),
        said('you', 'Сейчас решу'),
      )
    : talk(
        said('you', 'Hello! Do you have these boots in size 43?', { seen: true }),
        said('team', 'Good morning! Yes, in brown and in black. The brown ones:'),
        said(
          'team',
          {
            parts: [
              { kind: 'image', source: file('1'), type: 'image/png', width: 640, height: 420, name: 'boots.png' },
            ],
          },
          { reactions: { you: ['❤️'], team: [] } },
        ),
        said('you', 'They are beautiful. How do I take care of them?', { seen: true, replyTo: 'm2' }),
        said('team', {
          parts: [
            {
              kind: 'text',
              text: 'Brush and wax. In detail: https://bergmann.example/care, with a film.',
              entities: [{ kind: 'bold', offset: 0, length: 14 }],
            },
            {
              kind: 'file',
              source: file('3'),
              type: 'application/pdf',
              name: 'Caring for leather.pdf',
              bytes: 482_000,
            },
          ],
        }),
        said('team', {
          parts: [text('Shall we put a pair aside for you?')],
          choices: {
            as: 'buttons',
            once: true,
            rows: [
              [
                { id: 'y', label: 'Yes, the brown ones', does: 'answer' },
                { id: 'b', label: 'Black', does: 'answer' },
              ],
            ],
          },
        }),
        said('you', 'Let me think'),
      )

export const STATES: Record<string, State> = {
  closed: { isOpen: false, view: (language) => view(shoes(language), { unread: 3 }) },
  empty: { view: () => view([]) },
  talk: { view: (language) => view(shoes(language)) },
  typing: { view: (language) => view(shoes(language).slice(0, 2), { isTeamTyping: true }) },
  away: {
    view: (language) =>
      view(
        [
          ...shoes(language).slice(0, 2),
          said('you', language === 'ru' ? 'Алло?' : 'Are you there?', { waits: true, at: '' })(2),
        ],
        { isAway: true },
      ),
  },
  form: { config: { askFor: ['name', 'email', 'phone'] }, view: () => view([]) },
  choices: {
    view: (language) =>
      view(
        talk(
          said(
            'team',
            {
              parts: [text(language === 'ru' ? 'О чём вы хотите поговорить?' : 'What would you like to talk about?')],
              choices: {
                as: 'list',
                once: true,
                rows: (language === 'ru'
                  ? ['Размеры и посадка', 'Доставка', 'Ремонт старой пары']
                  : ['Sizes and fit', 'Delivery', 'Repairing an old pair']
                ).map((label) => [{ id: label, label, does: 'answer' as const }]),
              },
            },
            { pressed: language === 'ru' ? 'Доставка' : 'Delivery' },
          ),
          said('you', language === 'ru' ? 'Доставка' : 'Delivery', { seen: true }),
          said('team', {
            parts: [text(language === 'ru' ? 'Куда везти?' : 'Where to?')],
            choices: {
              as: 'keyboard',
              once: true,
              rows: [
                (language === 'ru'
                  ? ['Домой', 'В магазин', 'В пункт выдачи']
                  : ['Home', 'To the shop', 'To a pick-up point']
                ).map((label) => ({ id: label, label, does: 'answer' as const })),
              ],
            },
          }),
        ),
      ),
  },
  kinds: {
    view: (language) =>
      view(
        talk(
          said('team', { parts: [{ kind: 'voice', source: file('4'), type: 'audio/ogg', seconds: 14 }] }),
          said('you', {
            parts: [
              {
                kind: 'file',
                source: file('5'),
                type: 'application/zip',
                name: 'a-file-with-a-name-that-does-not-end-anywhere-near-the-edge.zip',
                bytes: 24_300_000,
              },
            ],
          }),
          said('team', {
            parts: [
              { kind: 'location', lat: 52.5, lon: 13.4, title: 'Bergmann & Söhne', address: 'Torstraße 1, Berlin' },
            ],
          }),
          said('team', {
            parts: [
              {
                kind: 'order',
                items: [
                  {
                    sku: 'b',
                    name: language === 'ru' ? 'Ботинки' : 'Boots',
                    quantity: 1,
                    minor: 24_900,
                    currency: 'EUR',
                  },
                  { sku: 'w', name: language === 'ru' ? 'Воск' : 'Wax', quantity: 2, minor: 900, currency: 'EUR' },
                ],
              },
            ],
          }),
          said('you', language === 'ru' ? 'Это было лишнее' : 'Never mind', { deleted: true }),
          said(
            'team',
            {
              parts: [
                { kind: 'text', text: 'const wax = 2\nbuy(wax)', entities: [{ kind: 'pre', offset: 0, length: 22 }] },
              ],
            },
            { edited: true },
          ),
          said('you', { parts: [text('مرحبا، هل لديكم مقاس 43؟')] }),
        ),
      ),
  },
  elsewhere: {
    config: {
      elsewhere: [
        { name: 'Telegram', url: 'https://t.me/bergmann' },
        { name: 'WhatsApp', url: 'https://wa.me/49301234' },
      ],
    },
    view: (language) => view(shoes(language).slice(0, 3)),
    afterwards: (root) => root.querySelector<HTMLElement>('header .icon')?.click(),
  },
  writing: {
    view: (language) => view(shoes(language).slice(0, 4)),
    afterwards: (root) => {
      const input = root.querySelector('textarea')!
      input.value = Array(11).fill('Lorem ipsum dolor sit amet, ').join('')
      const picker = root.querySelector<HTMLInputElement>('input[type=file]')!
      const given = new DataTransfer()
      given.items.add(new File([new Uint8Array(2_400_000)], 'my-old-boots.jpg'))
      picker.files = given.files
      picker.dispatchEvent(new Event('change'))
      const more = root.querySelectorAll<HTMLElement>('.more')[1]
      more?.click()
      more?.parentElement?.querySelector<HTMLElement>('[aria-label="Reply"], [aria-label="Ответить"]')?.click()
      root.querySelectorAll<HTMLElement>('.more')[1]?.click()
    },
  },
}
