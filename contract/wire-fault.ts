/**
 * Why nobody was spoken to: one closed list, so that `web/` has words for each. The wire's own words stay beside it as a detail.
 *
 * cert_unknown   the server's certificate is signed by nobody whom this machine trusts
 * cert_name      its certificate is good, and for another name
 * cert_expired   its certificate is not valid today: over, or not begun
 * no_tls         no encrypted connection came about, for another reason
 * no_starttls    the server offers no encryption, and encryption was to begin by STARTTLS
 * name_unknown   its name leads to no address
 * refused_there  the machine is there, and nothing listens at that port
 * no_way         no network leads there
 * no_answer      nobody answered in time
 * cut            the connection ended in the middle
 * not_understood something else answered than was expected
 * private_host   a private address, which `PARLEY_PRIVATE_HOSTS` does not name
 * plain_http     http without encryption to a host that `PARLEY_PRIVATE_HOSTS` does not name
 */
export const WIRE_FAULTS = [
  'cert_unknown',
  'cert_name',
  'cert_expired',
  'no_tls',
  'no_starttls',
  'name_unknown',
  'refused_there',
  'no_way',
  'no_answer',
  'cut',
  'not_understood',
  'private_host',
  'plain_http',
] as const
export type WireFault = (typeof WIRE_FAULTS)[number]
