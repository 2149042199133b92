/**
 * Why a server was not believed to be the one that was meant, so that nothing was said to it.
 *
 * cert_unknown  its certificate is signed by nobody whom this machine trusts
 * cert_name     its certificate is good, and for another name
 * cert_expired  its certificate is not valid today: over, or not begun
 */
export const DISTRUSTS = ['cert_unknown', 'cert_name', 'cert_expired'] as const
export type Distrust = (typeof DISTRUSTS)[number]
