import { expect, test } from 'vitest'
import { fakeClock } from './clock.ts'
import { openLog } from './log.ts'
import { noticeLoss, placeOf } from './notice-loss.ts'

function noticing(place: string | null = 'db.example:5432') {
  const lines: { level: string; msg: string; place?: string; awaySeconds?: number; error?: string }[] = []
  const clock = fakeClock()
  const log = openLog({ level: 'info', write: (line) => void lines.push(JSON.parse(line)) })
  const through = noticeLoss({ log, clock, place })
  const fails = () => through(Promise.reject(new Error('connect ECONNREFUSED'))).catch(() => {})
  const answers = () => through(Promise.resolve(1))
  return { lines, clock, through, fails, answers }
}

test('a lost database is told once, with its place and what to do; a found one with how long it was away', async () => {
  const { lines, clock, fails, answers } = noticing()
  await answers()
  for (let looks = 0; looks < 100; looks++) {
    await fails()
    clock.advance(5_000)
  }
  await answers()
  await answers()
  expect(lines.map(({ level, place, awaySeconds }) => ({ level, place, awaySeconds }))).toEqual([
    { level: 'error', place: 'db.example:5432', awaySeconds: undefined },
    { level: 'warn', place: undefined, awaySeconds: 500 },
  ])
  expect(lines[0]).toMatchObject({ error: 'connect ECONNREFUSED' })
  expect(lines[0]!.msg).toContain('Look whether PostgreSQL runs at db.example:5432')
})

test('one that comes and goes does not fill the log, and one that stays away is told in the end', async () => {
  const { lines, clock, fails, answers } = noticing()
  for (let turn = 0; turn < 10; turn++) {
    await fails()
    await answers()
    clock.advance(5_000)
  }
  expect(lines.map(({ level }) => level)).toEqual(['error', 'warn'])
  await fails()
  clock.advance(30_000)
  await fails()
  expect(lines.map(({ level }) => level)).toEqual(['error', 'warn', 'error'])
})

test('what was asked is answered as if nobody listened', async () => {
  const { through } = noticing(null)
  await expect(through(Promise.resolve('a'))).resolves.toBe('a')
  await expect(through(Promise.reject(new Error('away')))).rejects.toThrow('away')
})

test.each([
  ['postgres://parley:secret@db.example/parley', 'db.example:5432'],
  ['postgres://parley:secret@[::1]:5433/parley', '[::1]:5433'],
  ['postgres:///parley?host=/run/postgresql', '/run/postgresql'],
])('of %s the log shows the place alone', (url, place) => expect(placeOf(url)).toBe(place))
