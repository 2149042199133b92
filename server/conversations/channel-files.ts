/** What a channel may have of our files: their bytes, and links to them for those who fetch. */
import { SendError } from '#connector-kit/send-error.ts'
import type { FileId } from '#contract/ids.ts'
import type { FileRef } from '#contract/message/content.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import type { Database } from '#server/platform/database.ts'
import type { Files } from '#server/platform/files/files.ts'
import type { FileLinks } from './file-links.ts'
import { findFile } from './files.ts'

/** What a customer was sent as a link opens so long. */
const LINKS_OPEN_DAYS = 30
/** A platform fetches at once, or when it tries again. */
const FETCHED_WITHIN_DAYS = 1

export function channelFiles({ database, files, links }: { database: Database; files: Files; links: FileLinks }) {
  const linkOf = (channel: LiveChannel, file: FileRef, days: number) =>
    'file' in file ? links.make(channel.workspace, file.file, days) : null
  return {
    /** For the customer, in place of the file. */
    linkOf: (channel: LiveChannel, file: FileRef) => linkOf(channel, file, LINKS_OPEN_DAYS),
    /** For the platform, which fetches the file. */
    publicUrl: (channel: LiveChannel, file: FileRef): string => {
      const link = linkOf(channel, file, FETCHED_WITHIN_DAYS)
      if (link === null)
        throw new SendError('content_refused', {
          words: 'this network fetches files from us: set PARLEY_URL to an address it can reach',
        })
      return link
    },
    describeFile: async (channel: LiveChannel, id: FileId) => {
      const found = await database.inWorkspace(channel.workspace, (tx) => findFile(tx, channel.workspace, id))
      if (!found) throw new Error('the file is gone')
      return found
    },
    openFile: async (channel: LiveChannel, id: FileId) => {
      const opened = await files.open(channel.workspace, id)
      if (!opened) throw new Error('the file is gone')
      return opened.stream
    },
  }
}
