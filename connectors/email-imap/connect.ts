/**
 * The line of a mailbox.
 *
 * sign in → serve frames → read what came while away → wait for news (IDLE) → read … until the signal
 *
 * The inbox is waited on; the folder of sent letters is looked into after each news and every few minutes, so that what people write in
 * another mail program stands here too.
 */
import type { ImapFlow } from 'imapflow'
import type { Line, Reply } from '#connector-kit/connector.ts'
import { WireBroken } from '#connector-kit/perform.ts'
import { fetchBytes } from './attachments.ts'
import { FetchFrame, Frame, type SmtpAnswer } from './frames.ts'
import { imapError, openImap } from './imap.ts'
import { catchUp, Cursor, type Box } from './mailbox.ts'
import type { Settings } from './settings.ts'
import { proveSmtp, sendLetter } from './smtp.ts'

/** Longest rest between two looks; a server without IDLE is asked this often too. */
const LOOK_MS = 2 * 60_000

export async function connect(line: Line<Settings>): Promise<void> {
  line.state('connecting')
  const client = await openImap(line)
  const news = newsOf(client, line.signal)
  try {
    const folders = { inbox: 'INBOX', sent: await sentFolder(client) }
    const inTurn = oneAtATime()
    line.serve(
      async (frame) => asReply(await exchange(line, Frame.parse(frame))),
      (frame, signal) =>
        fetchBytes(FetchFrame.parse(frame).remote, (box, act) =>
          inTurn(async () => {
            // Nobody waits for it any more; others wait for their turn.
            signal.throwIfAborted()
            const path = folders[box] ?? folders.inbox
            if (!client.mailbox || client.mailbox.path !== path) await client.mailboxOpen(path, { readOnly: true })
            try {
              return await act(client)
            } finally {
              // Back to where news are waited for; what came meanwhile is looked for at once.
              if (path !== folders.inbox) news.look()
            }
          }),
        ),
    )
    let cursor = Cursor.safeParse(line.cursor ?? {}).data ?? {}
    const read = (box: Box, path: string) =>
      inTurn(async () => {
        cursor = await catchUp(client, line, { box, path, cursor })
      })
    if (cursor.inbox) line.state('catching_up')
    for (let first = true; ; first = false) {
      news.seen()
      if (folders.sent) await read('sent', folders.sent)
      // Last, for this folder stays selected while we wait.
      await read('inbox', folders.inbox)
      if (first || cursor.inbox) line.state('ready')
      await news.next(LOOK_MS)
    }
  } catch (error) {
    if (line.signal.aborted) return
    throw imapError(error)
  } finally {
    news.off()
    client.close()
  }
}

async function exchange(line: Line<Settings>, frame: Frame): Promise<SmtpAnswer> {
  switch (frame.do) {
    case 'prove':
      return proveSmtp(line)
    case 'send':
      return sendLetter(line, frame.letter, frame.key)
  }
}

const asReply = (body: SmtpAnswer): Reply => ({ status: 200, headers: {}, body, text: body.words })

/** RFC 6154; null: the server names none, and then own copies are not read. */
async function sentFolder(client: ImapFlow): Promise<string | null> {
  const folders = await client.list()
  return folders.find((folder) => folder.specialUse === '\\Sent')?.path ?? null
}

interface News {
  /** What is known so far is being read. */
  seen(): void
  /** There may be some. */
  look(): void
  /** Resolves on news or when the time is over. @throws when the connection ends */
  next(ms: number): Promise<void>
  off(): void
}

function newsOf(client: ImapFlow, signal: AbortSignal): News {
  let fresh = false
  let ended: Error | undefined
  let wake: () => void = () => {}
  const onNews = () => {
    fresh = true
    wake()
  }
  const onEnd = () => {
    ended ??= new WireBroken('IMAP: the server closed the connection', false, 'wire', 'cut')
    wake()
  }
  const onStop = () => {
    client.close()
    onEnd()
  }
  client.on('exists', onNews)
  client.on('close', onEnd)
  signal.addEventListener('abort', onStop)
  if (signal.aborted) onStop()
  return {
    look: onNews,
    seen: () => {
      fresh = false
    },
    next: async (ms) => {
      if (!fresh && !ended)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      if (ended) throw ended
    },
    off: () => {
      signal.removeEventListener('abort', onStop)
      client.off('exists', onNews)
      client.off('close', onEnd)
    },
  }
}

/** One act at a time on the connection: a folder is selected for all. */
function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(act: () => Promise<T>): Promise<T> => {
    const mine = last.then(act)
    last = mine.catch(() => {})
    return mine
  }
}
