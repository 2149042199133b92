/** The only emoji a bot may react with, as Telegram writes them: without variation selectors. https://core.telegram.org/bots/api#reactiontypeemoji */
// prettier-ignore
export const REACTIONS = [
  '❤', '👍', '👎', '🔥', '🥰', '👏', '😁', '🤔', '🤯', '😱', '🤬', '😢', '🎉', '🤩', '🤮', '💩', '🙏', '👌', '🕊', '🤡', '🥱', '🥴', '😍', '🐳',
  '❤\u200d🔥', '🌚', '🌭', '💯', '🤣', '⚡', '🍌', '🏆', '💔', '🤨', '😐', '🍓', '🍾', '💋', '🖕', '😈', '😴', '😭', '🤓', '👻', '👨\u200d💻', '👀', '🎃',
  '🙈', '😇', '😨', '🤝', '✍', '🤗', '🫡', '🎅', '🎄', '☃', '💅', '🤪', '🗿', '🆒', '💘', '🙉', '🦄', '😘', '💊', '🙊', '😎', '👾',
  '🤷\u200d♂', '🤷', '🤷\u200d♀', '😡',
]

/** `❤️` as keyboards type it is `❤` to Telegram. */
export const asTelegramWrites = (emoji: string): string => emoji.replaceAll('\ufe0f', '')
