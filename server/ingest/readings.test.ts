import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { LATE, openReadings } from './readings.ts'

/** A reading that is told when to end, and how. */
function aReading() {
  let times = 0
  let end: (came: string | Error) => void = () => {}
  return {
    times: () => times,
    end: (came: string | Error) => end(came),
    begin: () => {
      times++
      return new Promise<string>((resolve, reject) => {
        end = (came) => (came instanceof Error ? reject(came) : resolve(came))
      })
    },
  }
}

test('what is read in time is told at once, and what fails fails', async () => {
  const { within } = openReadings<string>()
  expect(await within(1_000, 'a', async () => 'words')).toBe('words')
  await expect(within(1_000, 'a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
})

test('a reading that takes longer goes on, is waited for once, and is not begun again', async () => {
  const { within } = openReadings<string>()
  const { begin, end, times } = aReading()
  expect(await within(5, 'a', begin)).toBe(LATE)
  const began = performance.now()
  expect(await within(1_000, 'a', begin)).toBe(LATE)
  expect(performance.now() - began).toBeLessThan(500)
  end('words')
  await delay(1)
  expect([await within(5, 'a', begin), times()]).toEqual(['words', 1])
})

test('a failure that comes late is told to whoever asks next, once; then it is read anew', async () => {
  const { within } = openReadings<string>()
  const { begin, end, times } = aReading()
  expect(await within(5, 'a', begin)).toBe(LATE)
  end(new Error('too much'))
  await delay(1)
  await expect(within(5, 'a', begin)).rejects.toThrow('too much')
  expect(await within(5, 'a', begin)).toBe(LATE)
  expect(times()).toBe(2)
})

test('what nobody asks for is forgotten', async () => {
  const { within } = openReadings<string>(5)
  const { begin, end, times } = aReading()
  expect(await within(5, 'a', begin)).toBe(LATE)
  end('words')
  await delay(30)
  expect(await within(5, 'a', begin)).toBe(LATE)
  expect(times()).toBe(2)
})
