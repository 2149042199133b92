/** A whole Parley with one channel of an emulated messenger, as most whole tests begin. */
import { afterAll } from 'vitest'
import startTelegram from '#connectors/telegram/emulator.ts'
import { createChannel } from '#contract/calls/channels.ts'
import { wholeParley, type WholeParleyOptions } from './whole-parley.ts'

/** @param options  of the program; it reaches the emulator besides */
export async function telegramShop({ reaches = [], ...options }: WholeParleyOptions = {}) {
  const telegram = await startTelegram()
  afterAll(() => telegram.close())
  const parley = await wholeParley({ ...options, reaches: [telegram.url, ...reaches] })
  const { owner } = parley
  const channel = await owner.call(createChannel, {
    body: { connector: 'telegram', name: 'Shop', settings: { ...telegram.settings, receive: 'webhook' } },
  })
  return { telegram, parley, owner, channel }
}
