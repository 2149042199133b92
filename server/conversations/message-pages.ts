/**
 * A page of ours for one message that is too long for its network: the whole text, as it stands now, for whoever holds the link. It shows
 * an edit at once, and nothing any more when the message was taken back.
 */
import { sql } from 'kysely'
import type { FastifyInstance } from 'fastify'
import { MessageId, type WorkspaceId } from '#contract/ids.ts'
import { isMedia, type Content } from '#contract/message/content.ts'
import type { Database } from '#server/platform/database.ts'
import { signedLinks, type SignedLinksDeps } from './signed-links.ts'

export interface MessagePages {
  /** The same within a day, so that a try again says the same words. Null: Parley has no address that others can reach */
  linkTo(workspace: WorkspaceId, message: MessageId): string | null
  /** Null: forged, over, or taken back; nobody is told which. */
  open(token: string): Promise<{ subject: string | null; text: string } | null>
}

const OPEN_DAYS = 30
const DAY_MS = 86_400_000

export async function messagePages(deps: SignedLinksDeps & { readonly database: Database }): Promise<MessagePages> {
  const links = await signedLinks(deps, { path: 'm', purpose: 'pages' })
  return {
    linkTo: (workspace, message) => {
      const today = new Date(Math.floor(deps.clock.now().getTime() / DAY_MS) * DAY_MS)
      return links.make(workspace, message, today, OPEN_DAYS + 1)
    },
    open: async (token) => {
      const opened = await links.open(token)
      if (!opened) return null
      const { rows } = await deps.database.inWorkspace(opened.workspace, (tx) =>
        sql<{ content: Content }>`
          select content from message where workspace_id = ${opened.workspace} and id = ${MessageId.parse(opened.thing)}
             and direction = 'out' and deleted_at is null`.execute(tx),
      )
      const content = rows[0]?.content
      return content ? { subject: content.subject ?? null, text: textOf(content) } : null
    },
  }
}

const textOf = ({ parts }: Content): string =>
  parts
    .flatMap((part) => (part.kind === 'text' ? [part.text] : isMedia(part) && part.caption ? [part.caption.text] : []))
    .join('\n\n')

/** `GET /m/:token`: no script, nothing from elsewhere, in no cache and no search engine. */
export const messagePageRoutes = (pages: MessagePages) =>
  async function routes(app: FastifyInstance): Promise<void> {
    app.get('/m/:token', { schema: { hide: true } }, async (request, reply) => {
      const page = await pages.open((request.params as { token: string }).token)
      return reply
        .code(page ? 200 : 404)
        .headers({
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy':
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
          'cache-control': 'private, no-store',
          'x-robots-tag': 'noindex',
        })
        .send(page ? htmlOf(page) : htmlOf({ subject: null, text: 'This page is closed. · Эта страница закрыта.' }))
    })
  }

const htmlOf = ({ subject, text }: { subject: string | null; text: string }): string => `<!doctype html>
<html>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(subject ?? text.slice(0, 60))}</title>
<style>body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere } p { white-space: pre-wrap }</style>
${subject === null ? '' : `<h1 dir="auto">${escaped(subject)}</h1>`}
${text
  .split(/\n{2,}/)
  .map((each) => `<p dir="auto">${escaped(each)}</p>`)
  .join('\n')}
</html>
`

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
