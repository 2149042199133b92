/** Preloaded into a Parley of a test (`node --import`), in place of a line in the machine's hosts file: these names are this machine. */
import dns from 'node:dns/promises'
import { syncBuiltinESMExports } from 'node:module'

const ofTheMachine = dns.lookup
dns.lookup = async (host, options) =>
  host.endsWith('.provider.test') ? [{ address: '127.0.0.1', family: 4 }] : ofTheMachine(host, options)
syncBuiltinESMExports()
