import { z } from 'zod'
import { endpoint, nothing } from '../endpoint.ts'
import { FileId } from '../ids.ts'

/**
 * `POST /api/files` takes one file as `multipart/form-data` and answers this; `GET /api/files/:id` gives the bytes (`?thumbnail`).
 * Both stream, so they are routes of their own beside the declared calls.
 */
export const FileView = z.object({
  id: FileId,
  name: z.string().nullable(),
  type: z.string(),
  bytes: z.int(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  seconds: z.number().nullable(),
})
export type FileView = z.infer<typeof FileView>

export const revokeFileLinks = endpoint({
  method: 'DELETE',
  path: '/api/files/:id/links',
  may: 'file.upload',
  about: 'Takes back every public link to this file that was sent so far',
  params: z.object({ id: FileId }),
  result: nothing,
})
