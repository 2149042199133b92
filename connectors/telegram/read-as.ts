import type { z } from 'zod'
import { ApiChanged } from '#connector-kit/send-error.ts'

/**
 * What came, as the type we know.
 * @param what  its name in the words for people
 * @throws ApiChanged, naming the first field that is not as it was
 */
export function readAs<T>(schema: z.ZodType<T>, payload: unknown, what: string): T {
  const read = schema.safeParse(payload)
  if (read.success) return read.data
  const issue = read.error.issues[0]
  throw new ApiChanged(`${what}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim())
}
