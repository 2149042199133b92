/** One Parley of the harness, with the harness' connectors and the echo rule: `node node.ts`, settings from the environment. */
import { openLog } from '#server/platform/log.ts'
import { readSettings } from '#server/platform/settings.ts'
import { startProgram } from '#server/program.ts'

const { FAULTS_PROGRAM_URL: programUrl, ...env } = process.env
const log = openLog({ level: 'info', write: (line) => process.stderr.write(line) })
const connectors = new URL('./connectors/', import.meta.url)
const program = await startProgram(readSettings(env), programUrl!, log, { echo: true, connectors })
process.once('SIGTERM', () => void program.stop().then(() => process.exit(0)))
console.log('ready')
