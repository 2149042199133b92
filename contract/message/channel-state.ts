/**
 * The health of a channel.
 * setup → connecting → catching_up → ready ⇄ degraded; from any of them → retrying → connecting, or a state that waits for somebody.
 */
import { z } from 'zod'

export const ChannelState = z.enum([
  'setup',
  'connecting',
  'catching_up',
  'ready',
  'degraded',
  'retrying',
  'limited',
  'signed_out',
  'banned',
  'api_changed',
  'paused',
  'stopped',
])
export type ChannelState = z.infer<typeof ChannelState>

/** What goes on in a state. */
interface Conduct {
  /** The sender sends. */
  readonly sends?: true
  /** A line, where the network has one, is kept open. */
  readonly listens?: true
  /** The platform is asked now and then whether it still knows us. */
  readonly checks?: true
  /** A check that the platform answered ends it; no line leaves it by itself. */
  readonly isGivenUp?: true
  /** Only a member ends it. */
  readonly isHeld?: true
}

export const CONDUCT: Readonly<Record<ChannelState, Conduct>> = {
  setup: {},
  connecting: { listens: true, checks: true },
  catching_up: { listens: true, checks: true, sends: true },
  ready: { listens: true, checks: true, sends: true },
  degraded: { listens: true, checks: true, sends: true, isGivenUp: true },
  retrying: { listens: true, checks: true, isGivenUp: true },
  limited: { listens: true, checks: true, isGivenUp: true },
  signed_out: { checks: true, isGivenUp: true },
  banned: { isHeld: true },
  api_changed: { listens: true, checks: true, isGivenUp: true },
  paused: { listens: true, isHeld: true },
  stopped: { isHeld: true },
}

export const statesThat = (conduct: keyof Conduct): ChannelState[] =>
  ChannelState.options.filter((state) => CONDUCT[state][conduct])
