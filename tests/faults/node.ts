/**
 * One Parley of the harness, with the harness' connectors and the echo rule; settings from the environment. It loads, says `warm` and waits:
 * a node that was killed is followed at once by one that has loaded already. What it is told, a line each:
 *
 *   go                start; answered by `ready`
 *   die at <moment>   SIGKILL itself when it next passes there
 *
 * It ends with whoever tells it.
 */
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { onMoment, type Moment } from '#server/platform/buggify.ts'
import { openLog } from '#server/platform/log.ts'
import { readSettings } from '#server/platform/settings.ts'
import { startProgram, type Program } from '#server/program.ts'
import { randomOf } from './random.ts'

/** Of the passages, so many are late, by so much at most. */
const LATE_SHARE = 0.01
const LATE_MS = 250

const { FAULTS_PROGRAM_URL: programUrl, FAULTS_SEED: seed, ...env } = process.env
const log = openLog({ level: 'info', write: (line) => process.stderr.write(line) })
const connectors = new URL('./connectors/', import.meta.url)
const random = randomOf(Number(seed))
let program: Promise<Program> | undefined
let dieAt: Moment | undefined

onMoment((moment) => {
  if (moment === dieAt) process.kill(process.pid, 'SIGKILL')
  return random.chance(LATE_SHARE) ? delay(random.between(1, LATE_MS)) : undefined
})

createInterface(process.stdin)
  .on('line', (line) => {
    if (line.startsWith('die at ')) dieAt = line.slice('die at '.length) as Moment
    if (line !== 'go') return
    program = startProgram(readSettings(env), programUrl!, log, { echo: true, connectors })
    void program.then(() => console.log('ready'))
  })
  .on('close', () => process.exit())
process.once('SIGTERM', () => void program?.then((running) => running.stop()).then(() => process.exit()))
console.log('warm')
