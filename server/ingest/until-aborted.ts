import { addAbortSignal, PassThrough, pipeline, type Readable } from 'node:stream'

/**
 * A stream that ends with the signal, before it has come or in its middle, whether or not the one who gives it listens: a connector waits for
 * its platform as long as it likes.
 * @throws why it was aborted
 */
export async function untilAborted(signal: AbortSignal, open: () => Promise<Readable>): Promise<Readable> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const end = () => aborted.reject(signal.reason as Error)
  signal.addEventListener('abort', end, { once: true })
  const opening = open()
  try {
    const given = await Promise.race([opening, aborted.promise])
    // Through one of our own: a stream that waits inside for its next piece cannot be ended before that has come.
    return addAbortSignal(
      signal,
      pipeline(given, new PassThrough(), () => {}),
    )
  } catch (error) {
    opening.then(
      (late) => late.destroy(),
      () => {},
    )
    throw error
  } finally {
    signal.removeEventListener('abort', end)
  }
}
