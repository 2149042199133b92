/**
 * Every call of the API is declared once, here in `contract/calls/`, as data: Fastify validates and serialises with it,
 * `/api/openapi.json` is printed from it, browser and tests call through it.
 *
 * The phantom field `types` carries plain data types past zod's classes, so that functions infer them and never compare schemas.
 */
import { z } from 'zod'
import type { Act } from './rights.ts'

type Schema = z.core.$ZodType

interface Declaration {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** Who may: an act of the rights table, `public`, or `signed_in` (every member). A call without a rule does not compile. */
  readonly may: Act | 'public' | 'signed_in'
  /** Of success; 200 when absent. */
  readonly status?: number
  readonly params?: Schema
  readonly query?: Schema
  readonly body?: Schema
  readonly result: Schema
  /**
   * The answer holds what is shown this once, and is kept nowhere: a repeat by `Idempotency-Key` is refused with `shown_once`, and makes nothing
   * anew. False when absent.
   */
  readonly secret?: boolean
  /** One line for the API's pages. */
  readonly about: string
}

/** What a caller passes. */
type Given<D> = { [G in keyof D & ('params' | 'query' | 'body')]: z.input<D[G]> }
/** What a handler gets. */
type Parsed<D> = { [G in keyof D & ('params' | 'query' | 'body')]: z.output<D[G]> }

// eslint-disable-next-line typescript/no-explicit-any -- lists of endpoints hold them with their types erased
export interface Endpoint<In = any, Out = any, Result = any> extends Declaration {
  /** Never set at run time. */
  readonly types?: { in: In; out: Out; result: Result }
}

export const endpoint = <const D extends Declaration>(d: D): Endpoint<Given<D>, Parsed<D>, z.output<D['result']>> => d

/** A list: `next` is the cursor of the following page, null at the end. */
export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable() })
export type Page<Item> = { items: Item[]; next: string | null }

/** The query of every list. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
}

/** Of lists that are short by nature: whole unless asked otherwise. */
export const shortList = { ...paging, limit: paging.limit.default(200) }

/** Of calls that answer nothing; the body is `{}`. */
export const nothing = z.object({})
