/** What breaks, at the kit's level: each fault ends in the code that the table of send errors knows, and never in a guess. */
import { expect } from 'vitest'
import { plain } from '#contract/message/content.ts'
import type { Manifest } from '#contract/manifest.ts'
import type { SendErrorCode } from '#contract/message/send-errors.ts'
import type { Connector } from '../connector.ts'
import type { Fault, FaultName } from '../emulator/emulator.ts'
import { WireBroken } from '../perform.ts'
import { ApiChanged, SendError } from '../send-error.ts'
import { isMessage, wordsIn, type KitPromise, type Stage } from './stage.ts'

export interface BrokenOptions {
  /** Faults that cannot happen on this network, each with its reason. */
  never: Readonly<Partial<Record<FaultName, string>>>
}

export const promisesBroken = ({ webhook, manifest }: Connector, { never }: BrokenOptions): KitPromise[] => [
  ...FAULTS.filter(({ fault, http }) => !(fault.is in never) && (!http || speaksHttp(manifest))).map(
    ({ name, fault, ends }): KitPromise => ({
      name,
      keep: async (stage) => {
        stage.emulator.fault(fault)
        expect(outcomes(await endOf(stage))).toContain(ends)
      },
    }),
  ),
  ...('duplicate' in never ? [] : [{ name: 'a repeated event has the same key', keep: duplicate }]),
  ...(webhook && !('forged' in never) ? [{ name: 'a forged event is refused', keep: forged }] : []),
]

type End = SendErrorCode | 'changed' | 'not sent'

/** On a line each answer is the platform's own word; only in HTTP a gateway, or a page, may stand before it. */
export const speaksHttp = ({ receives, hosts }: Pick<Manifest, 'receives' | 'hosts'>): boolean =>
  hosts.length > 0 || receives.some((way) => way !== 'line')

const FAULTS: readonly { name: string; fault: Fault; ends: End; http?: true }[] = [
  { name: 'throttled', fault: { is: 'throttle', after: 7 }, ends: 'throttled' },
  { name: 'throttled without a time', fault: { is: 'throttle' }, ends: 'throttled' },
  { name: 'signed out', fault: { is: 'auth_lost' }, ends: 'signed_out' },
  { name: 'blocked', fault: { is: 'blocked' }, ends: 'blocked' },
  { name: 'the address is gone', fault: { is: 'gone' }, ends: 'no_such_identity' },
  ...([500, 502] as const).map((status) => ({
    name: `${status}: nobody knows whether it arrived`,
    fault: { is: 'server_error', status } as const,
    ends: 'unconfirmed' as const,
    http: true as const,
  })),
  { name: '503: not taken', fault: { is: 'server_error', status: 503 }, ends: 'platform_down' },
  { name: 'cut after the request: unconfirmed', fault: { is: 'cut', when: 'after' }, ends: 'unconfirmed' },
  { name: 'cut inside the answer: unconfirmed', fault: { is: 'cut', when: 'inside' }, ends: 'unconfirmed' },
  { name: 'a page instead of an answer', fault: { is: 'html' }, ends: 'changed', http: true },
  { name: 'a field with another name', fault: { is: 'changed' }, ends: 'changed', http: true },
]

const endOf = ({ say }: Stage): Promise<unknown> =>
  say(plain('does it arrive?')).then(
    () => undefined,
    (error: unknown) => error,
  )

function outcomes(error: unknown): string[] {
  if (error instanceof SendError) {
    if (error.code === 'throttled') expect([undefined, 7]).toContain(error.details.after)
    return [error.code]
  }
  if (error instanceof ApiChanged) return ['changed']
  return error instanceof WireBroken ? ['not sent'] : []
}

async function duplicate({ emulator, ann, us }: Stage): Promise<void> {
  emulator.fault({ is: 'duplicate' })
  await ann.say(plain('once'))
  await us.hear(isMessage((content) => wordsIn(content) === 'once'))
  await ann.say(plain('after'))
  await us.hear(isMessage((content) => wordsIn(content) === 'after'))
  expect(us.repeats.length).toBeGreaterThan(0)
  expect(us.heard.filter(isMessage((content) => wordsIn(content) === 'once'))).toHaveLength(1)
}

async function forged({ emulator, ann, us }: Stage): Promise<void> {
  emulator.fault({ is: 'forged' })
  await ann.say(plain('really me'))
  await us.hear(isMessage((content) => wordsIn(content) === 'really me'))
  for (let look = 0; look < 200 && us.refused.length === 0; look++)
    await new Promise((resolve) => setTimeout(resolve, 10))
  expect(us.refused[0]).toBeOneOf([401, 403])
}
