import type { WireFault } from '#contract/wire-fault.ts'

/** Codes of the system, and of a failed handshake: https://nodejs.org/api/tls.html#x509-certificate-error-codes (read 2026-11), and Node's own for the name. */
const BY_CODE = new Map<unknown, WireFault>([
  ['ECONNREFUSED', 'refused_there'],
  ['EHOSTUNREACH', 'no_way'],
  ['ENETUNREACH', 'no_way'],
  ['ENETDOWN', 'no_way'],
  ['ETIMEDOUT', 'no_answer'],
  ['ECONNRESET', 'cut'],
  ['EPIPE', 'cut'],
  ['ENOTFOUND', 'name_unknown'],
  ['EAI_AGAIN', 'name_unknown'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'cert_name'],
  ['HOSTNAME_MISMATCH', 'cert_name'],
  ['CERT_HAS_EXPIRED', 'cert_expired'],
  ['CERT_NOT_YET_VALID', 'cert_expired'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'cert_unknown'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'cert_unknown'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'cert_unknown'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'cert_unknown'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'cert_unknown'],
  ['CERT_SIGNATURE_FAILURE', 'cert_unknown'],
  ['CERT_UNTRUSTED', 'cert_unknown'],
  ['CERT_REJECTED', 'cert_unknown'],
  ['INVALID_CA', 'cert_unknown'],
])

/**
 * What a failed connection died of; undefined when its code says nothing of the wire.
 * @param error  as Node gave it, or as a mail library hands it on, which keeps Node's code in `originalCode`
 */
export function wireFaultIn(error: unknown): WireFault | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, originalCode } = error as { code?: unknown; originalCode?: unknown }
  return BY_CODE.get(code) ?? BY_CODE.get(originalCode)
}
