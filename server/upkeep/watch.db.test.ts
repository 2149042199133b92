import { expect, test } from 'vitest'
import { openLog } from '#server/platform/log.ts'
import { openMetrics } from '#server/platform/metrics.ts'
import { aDatabase } from '#tests/support/database.ts'
import { until } from '#tests/support/parts.ts'
import { watch } from './watch.ts'

const { database } = await aDatabase()

test('a disk that is nearly full is an alarm, in the figures and in the log too, and ends with room', async () => {
  let isNearlyFull = true
  const lines: string[] = []
  const metrics = openMetrics({ ofProcess: false })
  const watching = watch({
    database,
    metrics,
    log: openLog({ level: 'info', write: (line) => void lines.push(line) }),
    workspaces: () => Promise.resolve([]),
    clockDiffersByMs: () => 0,
    diskRoom: () => Promise.resolve({ freeBytes: 1, share: 0, isNearlyFull }),
    everyMs: 20,
  })
  try {
    expect(await watching.alarms()).toEqual(['disk_full'])
    await until(async () => (await metrics.page()).body.includes('parley_alarm{about="disk"} 1'), 5_000)
    expect(lines.filter((line) => line.includes('ALARM: the disk is nearly full'))).toHaveLength(1)
    isNearlyFull = false
    expect(await watching.alarms()).toEqual([])
    await until(() => lines.some((line) => line.includes('the disk has room again')), 5_000)
  } finally {
    await watching.close()
  }
})
