/**
 * A link to one file of ours, for those who cannot sign in: a customer whose network takes no such file, a platform that fetches what it
 * is to show. Signed, so nobody can make one; it ends by itself; all links to a file can be taken back; it opens that file and nothing
 * else. The link is the secret, so it goes into messages and requests, and never into a log.
 *
 *   /l/<key version 4 · workspace 16 · file 16 · made 6 · ends 6 · signature 16, base64url>
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { sql } from 'kysely'
import { FileId, NIL_ID, WorkspaceId } from '#contract/ids.ts'
import type { Clock } from '#server/platform/clock.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import { SealBroken, type Secrets } from '#server/platform/secrets/secrets.ts'
import { findFile, type FileRow } from './files.ts'

export interface FileLinks {
  /** @param days  it opens so long. Null: Parley has no address that others can reach */
  make(workspace: WorkspaceId, file: FileId, days: number): string | null
  /** Null: forged, over, taken back, or the file is gone; nobody is told which. */
  open(token: string): Promise<{ workspace: WorkspaceId; id: FileId; file: FileRow } | null>
}

export interface FileLinksDeps {
  readonly database: Database
  readonly secrets: Secrets
  readonly clock: Clock
  /** `PARLEY_URL`. */
  readonly url: string | null
}

const SIGNED_BYTES = 48
const SIGNATURE_BYTES = 16
const DAY_MS = 86_400_000

export async function fileLinks({ database, secrets, clock, url }: FileLinksDeps): Promise<FileLinks> {
  const sealer = await secrets.of(NIL_ID as WorkspaceId)
  const signature = (key: Buffer, signed: Buffer) =>
    createHmac('sha256', key).update(signed).digest().subarray(0, SIGNATURE_BYTES)

  return {
    make: (workspace, file, days) => {
      if (url === null) return null
      const { key, version } = sealer.fileKey(SALT, 'links')
      const now = clock.now().getTime()
      const signed = Buffer.alloc(SIGNED_BYTES)
      signed.writeUInt32BE(version)
      bytesOf(workspace).copy(signed, 4)
      bytesOf(file).copy(signed, 20)
      signed.writeUIntBE(now, 36, 6)
      signed.writeUIntBE(now + days * DAY_MS, 42, 6)
      return `${url}/l/${Buffer.concat([signed, signature(key, signed)]).toString('base64url')}`
    },
    open: async (token) => {
      const bytes = Buffer.from(token, 'base64url')
      // one spelling only: the last letter has bits to spare
      if (bytes.length !== SIGNED_BYTES + SIGNATURE_BYTES || bytes.toString('base64url') !== token) return null
      const signed = bytes.subarray(0, SIGNED_BYTES)
      const key = await keyOf(signed.readUInt32BE())
      if (!key || !timingSafeEqual(signature(key, signed), bytes.subarray(SIGNED_BYTES))) return null
      const made = new Date(signed.readUIntBE(36, 6))
      if (clock.now().getTime() > signed.readUIntBE(42, 6)) return null
      const workspace = WorkspaceId.parse(uuidOf(signed.subarray(4, 20)))
      const id = FileId.parse(uuidOf(signed.subarray(20, 36)))
      const file = await database.inWorkspace(workspace, async (tx) =>
        (await isTakenBack(tx, workspace, id, made)) ? null : findFile(tx, workspace, id),
      )
      return file && { workspace, id, file }
    },
  }

  async function keyOf(version: number): Promise<Buffer | null> {
    try {
      return (await secrets.of(NIL_ID as WorkspaceId)).fileKey(SALT, 'links', version).key
    } catch (error) {
      if (error instanceof SealBroken) return null
      throw error
    }
  }
}

/** All links to the file that were made until now. @returns whether there is such a file */
export async function takeLinksBack(tx: Tx, workspace: WorkspaceId, file: FileId): Promise<boolean> {
  const { rows } = await sql`
    update file set links_since = clock_timestamp() where workspace_id = ${workspace} and id = ${file} returning 1`.execute(
    tx,
  )
  return rows.length > 0
}

async function isTakenBack(tx: Tx, workspace: WorkspaceId, file: FileId, made: Date): Promise<boolean> {
  const { rows } = await sql`
    select 1 from file where workspace_id = ${workspace} and id = ${file} and links_since >= ${made}`.execute(tx)
  return rows.length > 0
}

/** Its key serves nothing else, so it needs no salt of its own. */
const SALT = Buffer.alloc(16)

const bytesOf = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex')
const uuidOf = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
