/**
 * One Parley under fire: settings from the environment. Says `ready` to its parent, and how it is whenever it is asked.
 * `node --expose-gc node.ts`
 */
import { openLog } from '#server/platform/log.ts'
import { readSettings } from '#server/platform/settings.ts'
import { startProgram } from '#server/program.ts'
import { vitalSigns } from './vital-signs.ts'

const { HOSTILE_PROGRAM_URL: programUrl, ...env } = process.env
const log = openLog({ level: 'warn', write: (line) => process.stderr.write(line) })
const program = await startProgram(readSettings(env), programUrl!, log)
const signs = vitalSigns()
process.on('message', (asked) => process.send!(asked === 'warm' ? signs.warm() : signs.read()))
const end = () => void program.stop().then(() => process.exit(0))
// Whoever fires at it was killed: nobody would end it.
process.once('SIGTERM', end).once('disconnect', end)
process.send!('ready')
