import { ActionIcon, Popover, Tooltip } from '@mantine/core'
import { IconMoodSmile } from '@tabler/icons-react'
import { useState } from 'react'
import { useWords } from '../../../app/words.ts'
import css from './composer.module.css'

/** Those that work talk uses; anything else comes from the system's own picker. */
const EMOJI =
  '😀 😁 😂 🤣 😊 🙂 😉 😍 😘 😎 🤔 😐 🙄 😏 😴 😕 😢 😭 😤 😡 😱 🤗 🤝 🙏 👍 👎 👌 ✌️ 👋 👏 💪 🙌 ☝️ 👇 👉 👈 ❤️ 🧡 💛 💚 💙 💜 🖤 💔 🔥 ⭐ ✨ 🎉 🎁 🎂 🌹 🌷 ☀️ 🌧️ ❄️ ☕ 🍕 🍏 🚚 📦 🏠 🏪 📍 🗺️ 📞 📱 💻 📷 📎 📄 📅 ⏰ ⌛ 💳 💰 🧾 🔑 🔒 🔔 💡 ✅ ❌ ❗ ❓ ⚠️ ➕ ➖ 🔁 ⬆️ ⬇️ ➡️ ⬅️ 🆗 🆕 💯'.split(
    ' ',
  )

export function EmojiPicker({ onPick, isDisabled }: { onPick: (emoji: string) => void; isDisabled: boolean }) {
  const t = useWords('inbox')
  const [isOpen, setOpen] = useState(false)
  return (
    <Popover opened={isOpen} onChange={setOpen} position="top-start" shadow="md" trapFocus returnFocus withinPortal>
      <Popover.Target>
        <Tooltip label={t('compose.emoji')}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            disabled={isDisabled}
            aria-label={t('compose.emoji')}
            onClick={() => setOpen(!isOpen)}
          >
            <IconMoodSmile size={20} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p={6}>
        <div className={css.emoji} role="group" aria-label={t('compose.emoji')}>
          {EMOJI.map((emoji) => (
            <button
              key={emoji}
              type="button"
              aria-label={emoji}
              onClick={() => {
                setOpen(false)
                onPick(emoji)
              }}
            >
              {emoji}
            </button>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
