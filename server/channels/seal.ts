/** What of a channel is sealed at rest: its settings, its hook secret, what plans keep. */
import type { ChannelId, WorkspaceId } from '#contract/ids.ts'
import type { Log } from '#server/platform/log.ts'
import type { Place, Secrets } from '#server/platform/secrets/secrets.ts'

export interface ChannelSealer {
  sealSettings(id: ChannelId, settings: Record<string, unknown>): Uint8Array
  openSettings(id: ChannelId, sealed: Uint8Array): Record<string, unknown>
  sealHookSecret(id: ChannelId, secret: string): Uint8Array
  openHookSecret(id: ChannelId, sealed: Uint8Array): string
  sealKept(id: ChannelId, name: string, value: string): Uint8Array
  openKept(id: ChannelId, name: string, sealed: Uint8Array): string
}

export interface ChannelSecrets {
  of(workspace: WorkspaceId): Promise<ChannelSealer>
}

/** Where each of it stands. @param name  of what a plan keeps */
export const channelPlace = (column: 'settings' | 'hook_secret' | 'kept', id: ChannelId, name?: string): Place => ({
  table: 'channel',
  column,
  row: name === undefined ? id : `${id} ${name}`,
})

export function channelSecrets(secrets: Secrets, { protect }: Pick<Log, 'protect'>): ChannelSecrets {
  return {
    of: async (workspace) => {
      const key = await secrets.of(workspace)
      const seal = (text: string, place: Place) => key.seal(Buffer.from(text), place)
      /** What was unsealed must never be logged. */
      const open = (sealed: Uint8Array, place: Place) => Buffer.from(key.open(sealed, place)).toString()
      return {
        sealSettings: (id, settings) => seal(JSON.stringify(settings), channelPlace('settings', id)),
        openSettings: (id, sealed) => {
          const settings = JSON.parse(open(sealed, channelPlace('settings', id))) as Record<string, unknown>
          for (const value of stringsIn(settings)) if (looksSecret(value)) protect(value)
          return settings
        },
        sealHookSecret: (id, secret) => seal(secret, channelPlace('hook_secret', id)),
        openHookSecret: (id, sealed) => {
          const secret = open(sealed, channelPlace('hook_secret', id))
          protect(secret)
          return secret
        },
        sealKept: (id, name, value) => seal(value, channelPlace('kept', id, name)),
        openKept: (id, name, sealed) => open(sealed, channelPlace('kept', id, name)),
      }
    },
  }
}

const stringsIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : value && typeof value === 'object'
      ? Object.values(value).flatMap(stringsIn)
      : []

/** Hosts, addresses and names may be logged; anything that could be a password or a token may not. */
const looksSecret = (value: string) =>
  value.length >= 8 && !/^https?:\/\/[^@]*$|^[\w.-]+\.[a-z]{2,}$|^\d{1,3}(\.\d{1,3}){3}$|^\S+@\S+$/i.test(value)
