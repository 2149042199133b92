/** A whole Parley with one mailbox of an emulated provider. */
import { afterAll } from 'vitest'
import startMail from '#connectors/email-imap/emulator.ts'
import { createChannel, getChannel } from '#contract/calls/channels.ts'
import { until } from './parts.ts'
import { wholeParley, type WholeParleyOptions } from './whole-parley.ts'

/** @param options  of the program; it reaches the emulator besides */
export async function mailShop({ reaches = [], ...options }: WholeParleyOptions = {}) {
  const mail = await startMail()
  afterAll(() => mail.close())
  const parley = await wholeParley({
    ...options,
    reaches: [...mail.hosts.map((each) => `tcp://${each}`), ...reaches],
  })
  const { owner } = parley
  const channel = await owner.call(createChannel, {
    body: { connector: 'email-imap', name: 'Shop', settings: { ...mail.settings } },
  })
  await until(async () => (await owner.call(getChannel, { params: { id: channel.id } })).state === 'ready', 15_000)
  return { mail, parley, owner, channel }
}
