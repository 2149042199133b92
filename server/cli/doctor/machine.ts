import { existsSync } from 'node:fs'
import { access, constants, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { keyFile } from '../../platform/secrets/outer-key.ts'
import type { Settings } from '../../platform/settings.ts'
import { diskRoom } from '../../platform/disk-room.ts'
import { sizeOf } from '../terminal.ts'
import type { Finding } from './finding.ts'

const WINDOW = new URL('../../../dist/web/index.html', import.meta.url)
const NODE = 24

/** What can be seen without the database. */
export async function lookAtMachine(settings: Settings): Promise<Finding[]> {
  return [
    lookAtNode(),
    existsSync(WINDOW)
      ? { about: 'window', level: 'good', code: 'built' }
      : { about: 'window', level: 'bad', code: 'not_built' },
    lookAtAddress(settings),
    ...((await mayUse(settings.dataDir))
      ? [...(await lookAtFolder(settings)), await lookAtKey(settings)]
      : [{ about: 'folder', level: 'bad', code: 'closed', values: { folder: settings.dataDir } } as const]),
  ]
}

/** Of a folder that one may not look into, nothing that is said would be true. */
export const mayUse = (folder: string): Promise<boolean> =>
  access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  )

function lookAtNode(): Finding {
  const version = process.versions.node
  return Number.parseInt(version, 10) >= NODE
    ? { about: 'node', level: 'good', code: 'new_enough', values: { version } }
    : { about: 'node', level: 'bad', code: 'too_old', values: { version } }
}

function lookAtAddress({ host, url, trustedProxies }: Settings): Finding {
  const isPublic = !['127.0.0.1', '::1', 'localhost'].includes(host)
  // We speak no TLS: somebody does it for us.
  if (url?.startsWith('https://'))
    return trustedProxies.length > 0
      ? { about: 'address', level: 'good', code: 'public', values: { url } }
      : { about: 'address', level: 'note', code: 'no_proxy', values: { url } }
  if (url) return { about: 'address', level: 'note', code: 'plain', values: { url } }
  return isPublic
    ? { about: 'address', level: 'bad', code: 'open', values: { host } }
    : { about: 'address', level: 'note', code: 'local' }
}

async function lookAtFolder({ dataDir }: Settings): Promise<Finding[]> {
  const found = await stat(dataDir).catch(() => null)
  const findings: Finding[] = []
  if (found && (found.mode & 0o007) !== 0 && (found.mode & 0o006) !== 0)
    findings.push({ about: 'folder', level: 'bad', code: 'readable', values: { folder: dataDir } })
  else findings.push({ about: 'folder', level: 'good', code: found ? 'there' : 'not_yet', values: { folder: dataDir } })
  const room = await diskRoom(found ? dataDir : dirname(dataDir))
  if (room) {
    const values = { free: sizeOf(room.freeBytes), percent: Math.round(room.share * 100) }
    findings.push(
      room.isNearlyFull
        ? { about: 'disk', level: 'bad', code: 'nearly_full', values }
        : { about: 'disk', level: 'good', code: 'room', values },
    )
  }
  return findings
}

async function lookAtKey({ dataDir, key }: Settings): Promise<Finding> {
  if (key) return { about: 'key', level: 'good', code: 'in_environment' }
  const file = keyFile(dataDir)
  const found = await stat(file).catch(() => null)
  if (!found) return { about: 'key', level: 'note', code: 'not_yet', values: { file } }
  if ((found.mode & 0o077) !== 0) return { about: 'key', level: 'bad', code: 'readable', values: { file } }
  const readable = await readFile(file).then(
    () => true,
    () => false,
  )
  return readable
    ? { about: 'key', level: 'note', code: 'in_file', values: { file } }
    : { about: 'key', level: 'bad', code: 'unreadable', values: { file } }
}
