/** Objects of the Bot API as the emulator keeps and tells them: only what it fills. https://core.telegram.org/bots/api#available-types */
export interface ApiUser {
  id: number
  is_bot: boolean
  first_name: string
  last_name?: string
  username?: string
  language_code?: string
}

export interface ApiChat {
  id: number
  type: 'private' | 'group' | 'supergroup' | 'channel'
  title?: string
  username?: string
  first_name?: string
  last_name?: string
  is_forum?: true
}

export interface ApiEntity {
  type: string
  offset: number
  length: number
  url?: string
  user?: ApiUser
  language?: string
  custom_emoji_id?: string
}

/** What a message holds besides who said it, where and when: text, photo, poll … */
export type ApiContent = Record<string, unknown> & {
  text?: string
  entities?: ApiEntity[]
  caption?: string
  caption_entities?: ApiEntity[]
  reply_markup?: unknown
  media_group_id?: string
}

export type ApiMessage = ApiContent & {
  message_id: number
  date: number
  edit_date?: number
  chat: ApiChat
  from?: ApiUser
  sender_chat?: ApiChat
  reply_to_message?: ApiMessage
}

export interface ApiUpdate {
  update_id: number
  [kind: string]: unknown
}
