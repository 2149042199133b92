/** Where the bytes of a file are. Access is checked by the server on every request; the cookie goes along. */
import type { FileRef } from '#contract/message/content.ts'

export const fileUrl = (id: string): string => `/api/files/${id}`
export const thumbnailUrl = (id: string): string => `/api/files/${id}?thumbnail`
export const downloadUrl = (id: string): string => `/api/files/${id}?download`

/** null: it has not been fetched from the network yet, or could not be. */
export const heldFile = (source: FileRef): string | null => ('file' in source ? source.file : null)
