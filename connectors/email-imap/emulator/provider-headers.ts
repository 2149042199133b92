/** What a receiving server puts above a letter: the way it came, and what it found out about the sender. */
export interface Passing {
  from: string
  /** What the checks said; absent: a server that does not check. */
  checks?: 'pass' | 'fail'
  /** The null sender of bounces. */
  nullSender?: boolean
}

export const CHECKER = 'mx.provider.test'

export function withProviderHeaders(raw: Buffer, { from, checks, nullSender }: Passing, at: Date): Buffer {
  const domain = from.slice(from.indexOf('@') + 1)
  const head = [
    `Return-Path: <${nullSender ? '' : from}>`,
    `Received: from out.${domain} (out.${domain} [203.0.113.7]) by ${CHECKER} with ESMTPS; ${at.toUTCString().replace('GMT', '+0000')}`,
    ...(checks
      ? [
          `Authentication-Results: ${CHECKER}; dkim=${checks} header.d=${domain} header.s=s1;\r\n spf=${checks} (checked) smtp.mailfrom=${from}; dmarc=${checks} (p=reject) header.from=${domain}`,
        ]
      : []),
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n`), raw])
}
