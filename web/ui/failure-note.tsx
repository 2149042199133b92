import { wordsOfFailure } from '../app/failures.ts'
import { RedNote } from './red-note.tsx'

/** What failed: cause and next step. */
export function FailureNote({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null
  const { title, next } = wordsOfFailure(error)
  return <RedNote title={title}>{next}</RedNote>
}
