/** A run that proves nothing: an operation was lost, doubled or refused. The figure says so and stands without a number. */
export class Void extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'Void'
  }
}

export const whyRefused = (status: number): string =>
  status === 503
    ? 'an answer of 503: the commit took longer than the 1.5 s a platform waits, or too much was waiting'
    : `an answer of ${status}`
