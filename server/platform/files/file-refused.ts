/**
 * A file that is not taken in. `too_large`: more bytes than allowed · `too_many_pixels`: a picture that would fill the memory when it
 * is drawn, whatever its bytes · `unreadable`: it ended before its end.
 */
export class FileRefused extends Error {
  readonly code: 'too_large' | 'too_many_pixels' | 'unreadable'
  constructor(code: FileRefused['code'], words: string, cause?: unknown) {
    super(words, cause === undefined ? undefined : { cause })
    this.name = 'FileRefused'
    this.code = code
  }
}
