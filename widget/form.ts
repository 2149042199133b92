/** What a site wants to know before the talk. Whatever is written here is a label, not a proof. */
import type { ChatConfig } from '#contract/visitor-talk.ts'
import { h } from './dom.ts'
import type { Words } from './words.ts'

type Field = ChatConfig['askFor'][number]

const KINDS = {
  name: { type: 'text', autocomplete: 'name', maxlength: 200 },
  email: { type: 'email', autocomplete: 'email', maxlength: 200 },
  phone: { type: 'tel', autocomplete: 'tel', maxlength: 40 },
} as const satisfies Record<Field, object>

export function form(
  fields: Field[],
  words: Words,
  done: (given: Partial<Record<Field, string>>) => void,
): HTMLFormElement {
  const inputs = fields.map((field) => [field, h('input', { ...KINDS[field], name: field, required: true })] as const)
  const element = h(
    'form',
    { class: 'before' },
    h('h3', {}, words.formTitle),
    ...inputs.map(([field, input]) => h('label', {}, words[field], input)),
    h('button', { type: 'submit', class: 'primary' }, words.begin),
  )
  element.addEventListener('submit', (event) => {
    event.preventDefault()
    done(Object.fromEntries(inputs.map(([field, input]) => [field, input.value.trim()])))
  })
  return element
}
