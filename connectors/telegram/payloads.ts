/**
 * What Telegram tells, as zod: loose on fields we do not use (they come and go), strict on those we read. The real payloads stand
 * above the types; optional keys carry a question mark there. https://core.telegram.org/bots/api#available-types
 */
import { z } from 'zod'

/** Ids have at most 52 significant bits: a number holds them, and we keep them as text. */
const id = z.int()
const seconds = z.int()

/**
 * ```json
 * {"id":7,"is_bot":false,"first_name":"Ann","last_name?":"Lee","username?":"ann","language_code?":"ru"}
 * ```
 */
export const User = z.object({
  id,
  is_bot: z.boolean().optional(),
  first_name: z.string(),
  last_name: z.string().optional(),
  username: z.string().optional(),
  language_code: z.string().optional(),
})
export type User = z.infer<typeof User>

/**
 * Positive ids are private chats, negative ones groups, `-100…` supergroups and channels.
 * ```json
 * {"id":7,"type":"private","first_name":"Ann","username?":"ann"}
 * {"id":-1001,"type":"supergroup","title":"Shop talk","username?":"shoptalk","is_forum?":true}
 * ```
 */
export const Chat = z.object({
  id,
  type: z.string().optional(),
  title: z.string().optional(),
  username: z.string().optional(),
  first_name: z.string().optional(),
  last_name: z.string().optional(),
})
export type Chat = z.infer<typeof Chat>

/** Offsets and lengths count UTF-16 units, as ours do. */
export const TheirEntity = z.object({
  type: z.string(),
  offset: z.int(),
  length: z.int(),
  url: z.string().optional(),
  user: User.optional(),
  language: z.string().optional(),
  custom_emoji_id: z.string().optional(),
})
export type TheirEntity = z.infer<typeof TheirEntity>

const file = {
  file_id: z.string(),
  mime_type: z.string().optional(),
  file_size: z.int().optional(),
}
const named = { ...file, file_name: z.string().optional() }
const sized = { width: z.int(), height: z.int() }

/** `{"file_id":"B","file_unique_id":"u2","width":1280,"height":853,"file_size?":210000}` */
export const PhotoSize = z.object({ ...file, ...sized })

/**
 * ```json
 * {"type":"user","date":1,"sender_user":{"id":8,"is_bot":false,"first_name":"Bo"}}
 * {"type":"hidden_user","date":1,"sender_user_name":"Somebody"}
 * {"type":"chat","date":1,"sender_chat":{"id":-5,"type":"group","title":"G"}}
 * {"type":"channel","date":1,"chat":{"id":-1001,"type":"channel","title":"C"},"message_id":9}
 * ```
 */
export const Origin = z.object({
  type: z.string(),
  sender_user: User.optional(),
  sender_user_name: z.string().optional(),
  sender_chat: Chat.optional(),
  chat: Chat.optional(),
  message_id: z.int().optional(),
})
export type Origin = z.infer<typeof Origin>

const Location = z.object({ latitude: z.number(), longitude: z.number(), live_period: z.int().optional() })
const Story = z.object({ chat: Chat, id: z.int() })

/** Either a message or, when it is out of our reach, `{"chat":{},"message_id":6,"date":0}`. */
export const Pointed = z.object({ chat: Chat, message_id: z.int(), forum_topic_created: z.unknown().optional() })

/**
 * ```json
 * {"message_id":5,"date":1700000000,"from":{"id":7,"is_bot":false,"first_name":"Ann","language_code?":"ru"},
 *  "chat":{"id":7,"type":"private","first_name":"Ann"},"text":"/start ref42","entities":[{"type":"bot_command","offset":0,"length":6}]}
 * {"photo":[{"file_id":"A","width":90,"height":60},{"file_id":"B","width":1280,"height":853}],"caption?":"hi","media_group_id?":"1367"}
 * {"voice":{"file_id":"A","file_unique_id":"u","duration":3,"mime_type?":"audio/ogg","file_size?":9000}}
 * {"reply_to_message":{"message_id":4,"date":1,"chat":{"id":7,"type":"private"},"text":"earlier"},"quote?":{"text":"part","position":3}}
 * {"external_reply":{"origin":{"type":"channel","date":1,"chat":{"id":-1001,"type":"channel","title":"C"},"message_id":9}}}
 * ```
 */
export const Message = z.object({
  message_id: z.int(),
  date: seconds,
  edit_date: seconds.optional(),
  chat: Chat,
  from: User.optional(),
  sender_chat: Chat.optional(),
  message_thread_id: z.int().optional(),
  is_topic_message: z.boolean().optional(),
  media_group_id: z.string().optional(),
  forward_origin: Origin.optional(),
  reply_to_message: Pointed.optional(),
  external_reply: z.object({ origin: Origin, chat: Chat.optional(), message_id: z.int().optional() }).optional(),
  quote: z.object({ text: z.string(), entities: z.array(TheirEntity).optional() }).optional(),
  reply_to_story: Story.optional(),

  text: z.string().optional(),
  entities: z.array(TheirEntity).optional(),
  caption: z.string().optional(),
  caption_entities: z.array(TheirEntity).optional(),

  photo: z.array(PhotoSize).optional(),
  live_photo: z.object({ ...file, ...sized, duration: seconds }).optional(),
  animation: z.object({ ...named, ...sized, duration: seconds }).optional(),
  video: z.object({ ...named, ...sized, duration: seconds }).optional(),
  video_note: z.object({ ...file, length: z.int(), duration: seconds }).optional(),
  voice: z.object({ ...file, duration: seconds }).optional(),
  audio: z
    .object({ ...named, duration: seconds, performer: z.string().optional(), title: z.string().optional() })
    .optional(),
  document: z.object(named).optional(),
  sticker: z
    .object({
      ...file,
      ...sized,
      is_animated: z.boolean().optional(),
      is_video: z.boolean().optional(),
      emoji: z.string().optional(),
    })
    .optional(),
  location: Location.optional(),
  venue: z.object({ location: Location, title: z.string(), address: z.string() }).optional(),
  contact: z
    .object({
      phone_number: z.string(),
      first_name: z.string(),
      last_name: z.string().optional(),
      user_id: id.optional(),
      vcard: z.string().optional(),
    })
    .optional(),
  poll: z
    .object({
      id: z.string(),
      question: z.string(),
      options: z.array(z.object({ text: z.string() })),
      allows_multiple_answers: z.boolean().optional(),
    })
    .optional(),
  dice: z.object({ emoji: z.string(), value: z.int() }).optional(),
  story: Story.optional(),

  new_chat_members: z.array(User).optional(),
  left_chat_member: User.optional(),
  new_chat_title: z.string().optional(),
  pinned_message: Pointed.optional(),
  migrate_to_chat_id: id.optional(),
  migrate_from_chat_id: id.optional(),
})
export type Message = z.infer<typeof Message>

/**
 * ```json
 * {"id":"60812","from":{"id":7,"is_bot":false,"first_name":"Ann"},"message":{"message_id":6,"date":1700000000,"chat":{"id":7,"type":"private"}},
 *  "chat_instance":"-50","data":"btn:1"}
 * ```
 */
export const CallbackQuery = z.object({
  id: z.string(),
  from: User,
  message: Pointed.optional(),
  inline_message_id: z.string().optional(),
  data: z.string().optional(),
})

/** Kinds: `emoji`, `custom_emoji` (`custom_emoji_id`), `paid`. */
const ReactionType = z.object({
  type: z.string(),
  emoji: z.string().optional(),
  custom_emoji_id: z.string().optional(),
})
export type ReactionType = z.infer<typeof ReactionType>

/**
 * ```json
 * {"chat":{"id":-1001,"type":"supergroup","title":"G"},"message_id":5,"user":{"id":7,"is_bot":false,"first_name":"Ann"},"date":1,
 *  "old_reaction":[],"new_reaction":[{"type":"emoji","emoji":"👍"}]}
 * ```
 */
export const MessageReaction = z.object({
  chat: Chat,
  message_id: z.int(),
  date: seconds,
  user: User.optional(),
  actor_chat: Chat.optional(),
  new_reaction: z.array(ReactionType),
})

/** `{"chat":{},"message_id":5,"date":1,"reactions":[{"type":{"type":"emoji","emoji":"👍"},"total_count":3}]}` */
export const ReactionCount = z.object({ chat: Chat, message_id: z.int(), date: seconds })

/**
 * ```json
 * {"chat":{"id":7,"type":"private","first_name":"Ann"},"from":{"id":7,"is_bot":false,"first_name":"Ann"},"date":1,
 *  "old_chat_member":{"user":{"id":1000,"is_bot":true,"first_name":"Bot"},"status":"member"},
 *  "new_chat_member":{"user":{"id":1000,"is_bot":true,"first_name":"Bot"},"status":"kicked","until_date":0}}
 * ```
 * Statuses: creator, administrator, member, restricted, left, kicked.
 */
const Member = z.object({ user: User, status: z.string(), is_member: z.boolean().optional() })
export const MemberChange = z.object({
  chat: Chat,
  from: User,
  date: seconds,
  old_chat_member: Member,
  new_chat_member: Member,
})
export type MemberChange = z.infer<typeof MemberChange>

/** `{"chat":{"id":-1001,"type":"supergroup","title":"G"},"from":{"id":7,…},"user_chat_id":7,"date":1,"bio?":"…"}` */
export const JoinRequest = z.object({ chat: Chat, from: User, date: seconds })

/** What nearly every kind carries, enough to say whose it was. */
export const Anything = z.object({
  from: User.optional().catch(undefined),
  user: User.optional().catch(undefined),
  chat: Chat.optional().catch(undefined),
  voter_chat: Chat.optional().catch(undefined),
  date: seconds.optional().catch(undefined),
})

/** `{"update_id":1001,"message":{…}}`: exactly one kind beside `update_id`. */
export const Update = z.looseObject({ update_id: z.int() })
export type Update = z.infer<typeof Update>
