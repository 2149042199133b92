import { z } from 'zod'

/** The first entry of a backup. */
export const Manifest = z.object({
  format: z.literal(1),
  /** `base`: the embedded server's folder. `rows`: every table as JSON, for any server. */
  kind: z.enum(['base', 'rows']),
  at: z.iso.datetime(),
  /** The version of the server it was taken from. */
  postgres: z.string(),
  lineage: z.uuid(),
  /** The numbers of the migrations it had seen. */
  migrations: z.array(z.int()),
})
export type Manifest = z.infer<typeof Manifest>

/** The last one: nothing is missing before it. */
export const End = z.object({ entries: z.int(), bytes: z.int() })
export type End = z.infer<typeof End>
