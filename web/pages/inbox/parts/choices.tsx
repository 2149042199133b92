import { IconExternalLink, IconMapPin, IconPhone } from '@tabler/icons-react'
import type { Choice, Choices } from '#contract/message/content.ts'
import { useWords } from '../../../app/words.ts'
import css from './parts.module.css'

const ICONS = { link: IconExternalLink, phone: IconPhone, place: IconMapPin } as const

/** Buttons that went along with a message, as the other side sees them. They are not ours to press. */
export function OfferedChoices({ choices }: { choices: Choices }) {
  const t = useWords('inbox')
  return (
    <ul className={css.choices} aria-label={t(`part.choices.${choices.as}`)}>
      {choices.rows.map((row) => (
        <li key={row.map((choice) => choice.id).join()} className={css.choiceRow}>
          {row.map((choice) => (
            <span key={choice.id} className={css.choice} dir="auto">
              <ChoiceIcon does={choice.does} />
              {choice.label}
            </span>
          ))}
        </li>
      ))}
    </ul>
  )
}

function ChoiceIcon({ does }: { does: Choice['does'] }) {
  const Icon = does in ICONS ? ICONS[does as keyof typeof ICONS] : null
  return Icon && <Icon size={13} aria-hidden />
}
