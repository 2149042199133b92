/** The words of the shop's site: `%key%` in `shop/index.html`. */
const en = {
  name: 'Grain &amp; Cup',
  coffee: 'Coffee',
  brewing: 'Brewing',
  subscriptions: 'Subscriptions',
  promise: 'Roasted on Tuesday.<br />In your cup by Friday.',
  lead: 'Small lots, honest prices, and somebody to ask: right here, in the corner.',
  kenya: 'Kenya AA',
  kenyaTaste: 'Blackcurrant, tomato leaf',
  kenyaPrice: '14.50 €',
  house: 'House blend',
  houseTaste: 'Chocolate, hazelnut',
  housePrice: '9.90 €',
  decaf: 'Colombia decaf',
  decafTaste: 'Caramel, orange peel',
  decafPrice: '12.20 €',
}

const ru: typeof en = {
  name: 'Зерно и чашка',
  coffee: 'Кофе',
  brewing: 'Как заваривать',
  subscriptions: 'Подписка',
  promise: 'Обжарен во вторник.<br />В пятницу у вас в чашке.',
  lead: 'Небольшие партии, честные цены и есть кого спросить: прямо здесь, в углу.',
  kenya: 'Кения АА',
  kenyaTaste: 'Чёрная смородина, лист томата',
  kenyaPrice: '1 450 ₽',
  house: 'Домашняя смесь',
  houseTaste: 'Шоколад, лесной орех',
  housePrice: '990 ₽',
  decaf: 'Колумбия без кофеина',
  decafTaste: 'Карамель, апельсиновая цедра',
  decafPrice: '1 220 ₽',
}

const WORDS = { en, ru }

/** The site in this language; its `lang` is what the chat follows. */
export const shopPage = (page: string, language: 'en' | 'ru'): string =>
  page.replaceAll(/%(\w+)%/g, (mark, name: string) =>
    name === 'language' ? language : (WORDS[language][name as keyof typeof en] ?? mark),
  )
