import { expect, test } from 'vitest'
import { distrustIn } from './distrust.ts'

const failed = (code: string, more = {}) => Object.assign(new Error('no connection'), { code, ...more })

test.each([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'cert_unknown'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'cert_unknown'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'cert_name'],
  ['CERT_HAS_EXPIRED', 'cert_expired'],
] as const)('%s says %s, also where a mail library has put a code of its own before it', (code, why) => {
  expect(distrustIn(failed(code))).toBe(why)
  expect(distrustIn(failed('ESOCKET', { originalCode: code }))).toBe(why)
})

test('a connection that failed for another reason says nothing of a certificate', () => {
  expect(distrustIn(failed('ECONNREFUSED'))).toBeUndefined()
  expect(distrustIn(failed('toString'))).toBeUndefined()
  expect(distrustIn('CERT_HAS_EXPIRED')).toBeUndefined()
})
