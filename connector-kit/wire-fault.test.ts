import { expect, test } from 'vitest'
import { wireFaultIn } from './wire-fault.ts'

const failed = (code: string, more = {}) => Object.assign(new Error('no connection'), { code, ...more })

test.each([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'cert_unknown'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'cert_unknown'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'cert_name'],
  ['CERT_HAS_EXPIRED', 'cert_expired'],
  ['ECONNREFUSED', 'refused_there'],
  ['ENOTFOUND', 'name_unknown'],
] as const)('%s says %s, also where a mail library has put a code of its own before it', (code, why) => {
  expect(wireFaultIn(failed(code))).toBe(why)
  expect(wireFaultIn(failed('ESOCKET', { originalCode: code }))).toBe(why)
})

test('a code that is not the wire’s says nothing', () => {
  expect(wireFaultIn(failed('EAUTH'))).toBeUndefined()
  expect(wireFaultIn(failed('toString'))).toBeUndefined()
  expect(wireFaultIn('CERT_HAS_EXPIRED')).toBeUndefined()
})
