/**
 * Takes secrets and people out of what was recorded: settings become those of `account.json`, each person a made-up one, the same in
 * every case, so that what belonged together still does.
 */
import type { Incoming, Json, Me, Who } from '../connector.ts'
import type { GoldenAccount } from '../conformance/golden-world.ts'

export interface Scrubbing {
  /** Whoever an event speaks of. */
  learn(incoming: Incoming): void
  scrub<T>(value: T): T
  /** What is real and still stands in it, in any spelling: such a case is not kept. */
  leaks(value: Json): boolean
}

const PEOPLE = ['Ann Lee', 'Bob Ray', 'Cleo Fox', 'Dan Kim', 'Eva Orr', 'Finn Day', 'Gia Moss', 'Hal Penn']
/** Shorter names and numbers would be found everywhere. */
const SHORTEST = 3
const SHORTEST_NUMBER = 5

export function scrubbing(settings: Json, me: Me, account: GoldenAccount): Scrubbing {
  const made = new Map<string, string>()
  const secrets = new Set<string>()
  const people = new Set<string>()
  let pattern: RegExp | undefined

  const replace = (real: string | undefined, by: string) => {
    if (real === undefined || real.length < (/^-?\d+$/.test(real) ? SHORTEST_NUMBER : SHORTEST) || made.has(real))
      return
    made.set(real, by)
    pattern = undefined
  }

  for (const [path, real] of leavesOf(settings)) {
    const golden = leavesOf(account.settings).find(([where]) => where === path)?.[1]
    if (isSecret(real)) secrets.add(real)
    replace(real, golden ?? (/^https?:/.test(real) ? 'https://platform.example' : `made-up-${path}`))
  }
  replace(me.id, account.me.id)
  replace(me.handle, account.me.handle ?? 'shop')
  replace(me.name, account.me.name)

  function person({ id, name, handle, phone, email, self }: Who): void {
    if (self || people.has(id) || made.get(id) === account.me.id) return
    people.add(id)
    const number = people.size
    const [first = '', last = ''] = (PEOPLE[number - 1] ?? `Person Nr${number}`).split(' ')
    replace(email, `${first.toLowerCase()}@people.example`)
    replace(id, idLike(id, number))
    replace(phone, `+1555000${String(number).padStart(4, '0')}`)
    replace(phone?.replace(/^\+/, ''), `1555000${String(number).padStart(4, '0')}`)
    replace(handle, handle?.includes('@') ? `${first.toLowerCase()}@people.example` : first.toLowerCase())
    replace(name, `${first} ${last}`)
    for (const [index, word] of (name ?? '').split(/\s+/).entries()) replace(word, index === 0 ? first : last)
  }

  function place(chat: string | undefined): void {
    if (chat !== undefined && !made.has(chat)) replace(chat, idLike(chat, 500 + made.size))
  }

  function scrubText(text: string): string {
    pattern ??= patternOf([...made.keys()], secrets)
    const known = made.size > 0 ? text.replace(pattern, (real) => made.get(real)!) : text
    return known.replaceAll(/\+\d{10,15}\b/g, (phone) => (phone.startsWith('+1555000') ? phone : '+15550000000'))
  }

  function scrub(value: Json): Json {
    if (typeof value === 'string') return scrubText(value)
    if (typeof value === 'number') {
      const by = made.get(String(value))
      return by !== undefined && /^-?\d+$/.test(by) ? Number(by) : value
    }
    if (Array.isArray(value)) return value.map(scrub)
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [scrubText(name), scrub(each)]))
  }

  return {
    learn: (incoming) => {
      for (const who of whoIn(incoming)) person(who)
      if (incoming.is === 'message' && incoming.group) replace(incoming.group.name, 'Tea friends')
      for (const chat of chatsIn(incoming)) place(chat)
    },
    scrub: <T>(value: T) => scrub(value) as T,
    leaks: (value) => {
      const real = [...made].flatMap(([key, by]) => (key === by || by.includes(key) ? [] : [key]))
      const found = patternOf(real, secrets)
      return real.length > 0 && spellingsOf(JSON.stringify(value) ?? '').some((text) => new RegExp(found).test(text))
    },
  }
}

/** Long ones first; what is no secret only as a word of its own. */
function patternOf(keys: string[], secrets: Set<string>): RegExp {
  const spelled = keys
    .toSorted((one, other) => other.length - one.length)
    .map((key) => {
      const literal = key.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
      return secrets.has(key) ? literal : `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`
    })
  return new RegExp(spelled.join('|'), 'gu')
}

const isSecret = (value: string): boolean => value.length >= 8 && !/^https?:/.test(value)

/** Strings of an object by their path. */
function leavesOf(value: Json, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([name, each]) => leavesOf(each, path ? `${path}.${name}` : name))
}

/** Of the same make, for a connector may look at it: digits stay digits, an address an address. */
function idLike(id: string, number: number): string {
  if (/^-?\d+$/.test(id)) {
    const [, sign = '', digits = ''] = /^(-100|-)?(\d+)$/.exec(id) ?? []
    return `${sign}7${String(number).padStart(digits.length - 1, '0')}`
  }
  if (/^[\da-f]{8}-/.test(id)) return `0198c0de-0000-7000-8000-${String(number).padStart(12, '0')}`
  if (id.includes('@'))
    return `${(PEOPLE[number - 1] ?? `person${number}`).split(' ')[0]!.toLowerCase()}@people.example`
  return `made-up-${number}`
}

function whoIn(incoming: Incoming): Who[] {
  const cards =
    'content' in incoming
      ? incoming.content.parts.flatMap((part): Who[] =>
          part.kind === 'contact'
            ? [
                {
                  id: part.phones[0] ?? part.name,
                  name: part.name,
                  ...(part.phones[0] ? { phone: part.phones[0] } : {}),
                },
              ]
            : [],
        )
      : []
  const forwarded = incoming.is === 'message' && incoming.forwarded?.name
  return [
    ...('by' in incoming && incoming.by ? [incoming.by] : []),
    ...(incoming.is === 'profile' ? [incoming.of] : []),
    ...(incoming.is === 'same' ? [incoming.one, incoming.other] : []),
    ...(forwarded ? [{ id: forwarded, name: forwarded }] : []),
    ...cards,
  ]
}

const chatsIn = (incoming: Incoming): string[] => [
  ...('ref' in incoming && incoming.ref ? [incoming.ref.chat] : []),
  ...('target' in incoming && incoming.target ? [incoming.target.chat] : []),
  ...('chat' in incoming ? [incoming.chat] : []),
]

/** As it stands, as bytes of UTF-8, and what hides in base64. */
function spellingsOf(text: string): string[] {
  const hidden = [...text.matchAll(/[\w+/]{16,}={0,2}/g)].map(([each]) => Buffer.from(each, 'base64').toString('utf8'))
  return [text, Buffer.from(text, 'latin1').toString('utf8'), ...hidden]
}
