/** The start cannot go on, for a reason that the operator can mend: printed as one line, exit code 1, no stack. */
export class StartFailure extends Error {
  constructor(line: string) {
    super(line)
    this.name = 'StartFailure'
  }
}
