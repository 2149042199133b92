/** Certificates as a company makes them for its own servers, by the openssl of this machine: one good, and each of the usual faults. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Names of one mail server, by what is shown to those who ask for them. All but `mail` are faulty. */
export const SHOWN = {
  'mail.provider.test': 'good',
  'other.provider.test': 'good',
  'old.provider.test': 'expired',
  'strange.provider.test': 'strange',
} as const
export type MailHost = keyof typeof SHOWN

export interface Certificates {
  /** Of the company’s own authority, which signed all but `strange`. */
  readonly authority: string
  pair(host: MailHost): { readonly cert: string; readonly key: string }
}

/** @param folder  where they are kept; its path has no spaces */
export function makeCertificates(folder: string): Certificates {
  const at = (name: string) => join(folder, name)
  const openssl = (line: string) => execFileSync('openssl', line.split(' '), { stdio: ['ignore', 'pipe', 'pipe'] })
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  for (const name of ['authority', 'stranger'])
    openssl(`req -x509 ${newKey} -days 30 -subj /CN=${name} -keyout ${at(`${name}.key`)} -out ${at(`${name}.pem`)}`)
  const make = (name: string, host: MailHost, by: string, days: number) => {
    const [key, asked, cert] = [at(`${name}.key`), at(`${name}.csr`), at(`${name}.pem`)]
    openssl(`req -new ${newKey} -subj /CN=${host} -addext subjectAltName=DNS:${host} -keyout ${key} -out ${asked}`)
    const signer = `-CA ${at(`${by}.pem`)} -CAkey ${at(`${by}.key`)} -CAcreateserial`
    openssl(`x509 -req -in ${asked} -copy_extensions copy -days ${days} ${signer} -out ${cert}`)
  }
  make('good', 'mail.provider.test', 'authority', 10)
  make('expired', 'old.provider.test', 'authority', -1)
  make('strange', 'strange.provider.test', 'stranger', 10)
  return {
    authority: at('authority.pem'),
    pair: (host) => ({ cert: at(`${SHOWN[host]}.pem`), key: at(`${SHOWN[host]}.key`) }),
  }
}
