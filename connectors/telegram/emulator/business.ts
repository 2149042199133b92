/** A person's own account with the bot behind it (Telegram Business). https://core.telegram.org/bots/api#businessconnection */
import type { ApiMessage } from './api-types.ts'
import type { Bot, World } from './world.ts'

export interface BusinessAccount {
  /** A customer writes to the owner; the bot reads along. */
  hears(customer: string, text: string): number
  edits(customer: string, id: number, text: string): void
  deletes(customer: string, ids: number[]): void
}

export function businessAccount(world: World, bot: Bot, ownerName: string): BusinessAccount {
  const owner = world.person(ownerName)
  const connection = `bc${owner.id}`
  let next = 1
  world.tell(
    bot,
    'business_connection',
    {
      id: connection,
      user: owner,
      user_chat_id: owner.id,
      date: world.clock.seconds(),
      is_enabled: true,
      rights: { can_reply: true },
    },
    `business:${connection}`,
  )

  const messageOf = (customer: string, id: number, text: string): ApiMessage => {
    const from = world.person(customer)
    const { id: chat, first_name } = from
    return {
      business_connection_id: connection,
      message_id: id,
      from,
      chat: { id: chat, type: 'private', first_name },
      date: world.clock.seconds(),
      text,
    }
  }
  const lane = (customer: string) => `business:${connection}:${world.person(customer).id}`

  return {
    hears: (customer, text) => {
      const message = messageOf(customer, next++, text)
      world.tell(bot, 'business_message', message, lane(customer))
      return message.message_id
    },
    edits: (customer, id, text) => {
      const message = { ...messageOf(customer, id, text), edit_date: world.clock.seconds() }
      world.tell(bot, 'edited_business_message', message, lane(customer))
    },
    deletes: (customer, ids) => {
      const { chat } = messageOf(customer, 0, '')
      world.tell(
        bot,
        'deleted_business_messages',
        { business_connection_id: connection, chat, message_ids: ids },
        lane(customer),
      )
    },
  }
}
