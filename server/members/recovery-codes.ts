/**
 * For whoever loses the phone: codes that are kept on paper and work once each in place of a code of the second factor. 80 random bits, so that
 * their hashes tell nothing to a thief of a dump. They go with the factor: a trigger of `account` sees to that.
 */
import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { AccountId } from '#contract/ids.ts'
import type { Database, Tx } from '#server/platform/database.ts'

const COUNT = 10
const LENGTH = 16
/** Without letters that are taken for digits, or for one another. */
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz'

/** Ten new ones; the ones before work no more. They are not seen again. */
export async function makeRecoveryCodes(tx: Tx, account: AccountId): Promise<string[]> {
  const codes = Array.from({ length: COUNT }, newCode)
  const hashes = codes.map((code) => hashOfCode(account, code))
  await sql`delete from recovery_code where account_id = ${account}`.execute(tx)
  await sql`insert into recovery_code (code_hash, account_id) select unnest(${hashes}::bytea[]), ${account}`.execute(tx)
  return codes
}

/** Uses it up. @returns whether it was one */
export async function useRecoveryCode(tx: Tx, account: AccountId, code: string): Promise<boolean> {
  const { rows } = await sql`
    delete from recovery_code where account_id = ${account} and code_hash = ${hashOfCode(account, code)} returning 1`.execute(
    tx,
  )
  return rows.length > 0
}

export async function recoveryCodesLeft(database: Database, account: AccountId): Promise<number> {
  const { rows } = await sql<{
    left: number
  }>`select count(*)::int as left from recovery_code where account_id = ${account}`.execute(database.plumbing)
  return rows[0]!.left
}

/** Longer than what an authenticator app shows. */
export const looksLikeRecoveryCode = (code: string): boolean => plain(code).length === LENGTH

function newCode(): string {
  const letters = Array.from(randomBytes(LENGTH), (byte) => LETTERS[byte % LETTERS.length]!).join('')
  return letters.replaceAll(/.{4}(?=.)/g, '$&-')
}

/** As it is read from paper: in capitals, without its dashes, with an O for a nought. */
const plain = (code: string): string =>
  code.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1')

const hashOfCode = (account: AccountId, code: string): Buffer =>
  createHash('sha256')
    .update(`${account} ${plain(code)}`)
    .digest()
