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

/** States in which the sender may send. */
export const SENDING_STATES: readonly ChannelState[] = ['catching_up', 'ready', 'degraded']
