/**
 * Links for those who cannot sign in. Signed, so nobody can make one; each ends by itself, opens one thing and nothing else. The link is
 * the secret, so it goes into messages and requests, and never into a log.
 *
 *   /<path>/<key version 4 · workspace 16 · thing 16 · made 6 · ends 6 · signature 16, base64url>
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { NIL_ID, WorkspaceId } from '#contract/ids.ts'
import type { Clock } from '#server/platform/clock.ts'
import { SealBroken, type Secrets } from '#server/platform/secrets/secrets.ts'

export interface SignedLinks {
  /** @param made  the same for the same thing gives the same link. Null: Parley has no address that others can reach */
  make(workspace: WorkspaceId, thing: string, made: Date, days: number): string | null
  /** Null: forged or over; nobody is told which. */
  open(token: string): Promise<{ workspace: WorkspaceId; thing: string; made: Date } | null>
}

export interface SignedLinksDeps {
  readonly secrets: Secrets
  readonly clock: Clock
  /** `PARLEY_URL`. */
  readonly url: string | null
}

const SIGNED_BYTES = 48
const SIGNATURE_BYTES = 16
const DAY_MS = 86_400_000

/** @param purpose  the name of the key: a link of one kind never opens another */
export async function signedLinks(
  { secrets, clock, url }: SignedLinksDeps,
  { path, purpose }: { path: string; purpose: string },
): Promise<SignedLinks> {
  const sealer = await secrets.of(NIL_ID as WorkspaceId)
  const signature = (key: Buffer, signed: Buffer) =>
    createHmac('sha256', key).update(signed).digest().subarray(0, SIGNATURE_BYTES)

  return {
    make: (workspace, thing, made, days) => {
      if (url === null) return null
      const { key, version } = sealer.fileKey(SALT, purpose)
      const signed = Buffer.alloc(SIGNED_BYTES)
      signed.writeUInt32BE(version)
      bytesOf(workspace).copy(signed, 4)
      bytesOf(thing).copy(signed, 20)
      signed.writeUIntBE(made.getTime(), 36, 6)
      signed.writeUIntBE(made.getTime() + days * DAY_MS, 42, 6)
      return `${url}/${path}/${Buffer.concat([signed, signature(key, signed)]).toString('base64url')}`
    },
    open: async (token) => {
      const bytes = Buffer.from(token, 'base64url')
      // one spelling only: the last letter has bits to spare
      if (bytes.length !== SIGNED_BYTES + SIGNATURE_BYTES || bytes.toString('base64url') !== token) return null
      const signed = bytes.subarray(0, SIGNED_BYTES)
      const key = await keyOf(signed.readUInt32BE())
      if (!key || !timingSafeEqual(signature(key, signed), bytes.subarray(SIGNED_BYTES))) return null
      if (clock.now().getTime() > signed.readUIntBE(42, 6)) return null
      return {
        workspace: WorkspaceId.parse(uuidOf(signed.subarray(4, 20))),
        thing: uuidOf(signed.subarray(20, 36)),
        made: new Date(signed.readUIntBE(36, 6)),
      }
    },
  }

  async function keyOf(version: number): Promise<Buffer | null> {
    try {
      return (await secrets.of(NIL_ID as WorkspaceId)).fileKey(SALT, purpose, version).key
    } catch (error) {
      if (error instanceof SealBroken) return null
      throw error
    }
  }
}

/** Its key serves nothing else, so it needs no salt of its own. */
const SALT = Buffer.alloc(16)

const bytesOf = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex')
const uuidOf = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
