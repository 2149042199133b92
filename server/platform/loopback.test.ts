import { expect, test } from 'vitest'
import { isLoopback, isPublicUrl } from './loopback.ts'

test('this machine is known by its names and addresses, and nothing that only looks like them', () => {
  for (const host of ['localhost', 'parley.localhost', '127.0.0.1', '127.8.9.10', '::1', '[::1]', '::ffff:127.0.0.1'])
    expect([host, isLoopback(host)]).toEqual([host, true])
  for (const host of ['127.0.0.1.evil.example', '127.evil', 'localhost.example', '10.0.0.1', '::2', '192.168.1.5'])
    expect([host, isLoopback(host)]).toEqual([host, false])
})

test('no address of its own, and one of this machine, is not public', () => {
  expect([null, 'http://127.0.0.1:8080', 'http://[::1]:8080', 'https://parley.example'].map(isPublicUrl)).toEqual([
    false,
    false,
    false,
    true,
  ])
})
