/** Payloads in letters: their heads, their pages, their plain words, what is enclosed. */
import type { Payload } from './payloads.ts'
import { mark } from './detector.ts'

export const LETTER_FIELDS = ['sender', 'subject', 'letter', 'enclosedName'] as const

const word = (text: string) => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`
const body = (text: string) => Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\r\n')

/** A letter whose every field holds this payload. */
export function letterOf({ number, text, url }: Payload): string {
  const as = (field: (typeof LETTER_FIELDS)[number] | 'plain') => mark(number, field) + text
  const page = [
    `<p>${mark(number, 'letter')}</p>`,
    `<p title="${text}" class='${text}' style="${text}">x</p>`,
    `<a href="${url}">${url}</a>`,
    `<img src="${url}" alt="${text}"><img src="cid:${number}@xss">`,
    text,
  ].join('\r\n')
  const enclosed = `<!doctype html><svg xmlns="http://www.w3.org/2000/svg">${text}<script>parent.__xss(${number})</script></svg>`
  return [
    'Return-Path: <a@people.test>',
    `From: ${word(as('sender'))} <p${number}@people.test>`,
    'To: shop@provider.test',
    `Cc: ${word(text)} <c${number}@people.test>`,
    `Subject: ${word(as('subject'))}`,
    `Message-ID: <xss-${number}@people.test>`,
    `Date: ${new Date().toUTCString()}`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=outer',
    '',
    '--outer',
    'Content-Type: multipart/alternative; boundary=inner',
    '',
    '--inner',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    body(as('plain')),
    '--inner',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    body(page),
    '--inner--',
    '--outer',
    `Content-Type: ${TYPES[number % TYPES.length]!}`,
    `Content-Disposition: attachment; filename*=utf-8''${encodeURIComponent(as('enclosedName'))}`,
    'Content-Transfer-Encoding: base64',
    '',
    body(enclosed),
    '--outer--',
    '',
  ].join('\r\n')
}

/** What a file says of itself, whatever its bytes are. */
const TYPES = [
  'text/html',
  'image/svg+xml',
  'application/xhtml+xml',
  'text/xml',
  'image/png',
  'application/pdf',
  'text/css',
  'application/javascript',
  'text/plain',
  'video/mp4',
  'application/octet-stream',
  'message/rfc822',
  'text/vtt',
  'multipart/x-hostile',
  'multipart/mixed; boundary=never',
]
