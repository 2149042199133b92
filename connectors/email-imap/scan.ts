/**
 * Goes through a letter once, line by line, in the memory of one line, and gives back a letter that is safe to parse: at most 200 parts,
 * 20 levels, headers of a bounded size. Nothing is interpreted but boundaries and three headers.
 *
 * Of a large letter it also cuts the attachments out. Where one stood it leaves a note of the place, so that its bytes can be
 * fetched from the server when somebody wants them.
 */
export interface Scanned {
  raw: Buffer
  /** Something was left out for good: the letter must be offered whole beside what is shown. */
  partial: boolean
}

export interface Scan {
  push(chunk: Uint8Array): void
  /** No more is looked at: the rest of the letter need not be fetched. */
  readonly full: boolean
  end(): Scanned
}

export interface ScanOptions {
  /** Cuts attachments out and marks the places with this word, which a sender cannot know. */
  cutWith?: string
}

/** S18 of the security rules: what an honest letter never needs. */
const MOST_PARTS = 200
const DEEPEST = 20
/** One header field; all header fields of one part. */
const MOST_FIELD = 64 * 1024
const MOST_HEAD = 256 * 1024
/** Of what is shown, together: the parser turns html into words in the square of its length. Gmail shows 102 KB of a letter. */
const MOST_TEXT = 256 * 1024
/** Of one text, and of the whole letter; the parser's time grows with the square of them. An attachment of 2 MB in base64 has 27,000. */
const MOST_LINES = 10_000
const MOST_LINES_OF_ALL = 40_000
const MOST_RAW = 2 * 1024 * 1024
/** A line longer than this goes on in pieces; boundaries are 70 characters at most (RFC 2046 §5.1.1). */
const MOST_LINE = 64 * 1024

type Mode = 'head' | 'keep' | 'cut' | 'skip'

export function scanLetter({ cutWith }: ScanOptions = {}): Scan {
  const out: Buffer[] = []
  let outBytes = 0
  let partial = false
  let full = false
  let parts = 1
  let lines = 0
  let shownBytes = 0
  let at = 0
  let mode: Mode = 'head'
  const boundaries: string[] = []
  let head = newHead()
  let pending: Buffer = Buffer.alloc(0)
  let inLongLine = false
  let body = { start: 0, bytes: 0, lineEnd: 0, encoding: '', shown: false, lines: 0 }

  function push(chunk: Uint8Array): void {
    if (full) return
    let rest =
      pending.length > 0 ? Buffer.concat([pending, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    for (;;) {
      const feed = rest.indexOf(10)
      if (feed >= 0) {
        take(rest.subarray(0, feed + 1), !inLongLine, true)
        inLongLine = false
        rest = rest.subarray(feed + 1)
      } else if (rest.length >= MOST_LINE) {
        take(rest, !inLongLine, false)
        inLongLine = true
        rest = rest.subarray(rest.length)
      } else break
      if (full) return
    }
    // A copy: the chunk is the caller's.
    pending = Buffer.from(rest)
  }

  /** `fresh`: begins a line. `ends`: the line ends with it. */
  function take(line: Buffer, fresh: boolean, ends: boolean): void {
    const start = at
    at += line.length
    if (fresh && line[0] === 0x2d && line[1] === 0x2d && boundaries.length > 0 && line.length < 1_000) {
      const words = line.toString('latin1').trimEnd()
      const level = boundaries.findLastIndex((each) => words === `--${each}` || words === `--${each}--`)
      if (level >= 0) return boundary(line, words, level)
    }
    if (mode === 'head') return inHead(line, fresh)
    if (mode === 'keep') keep(line)
    else if (mode === 'cut') {
      body.bytes = start + line.length - body.start
      body.lineEnd = ends ? (line.at(-2) === 13 ? 2 : 1) : 0
    }
  }

  function boundary(line: Buffer, words: string, level: number): void {
    endBody()
    write(line)
    const closes = words === `--${boundaries[level]!}--`
    boundaries.length = closes ? level : level + 1
    if (closes) {
      mode = 'skip'
      return
    }
    if (++parts > MOST_PARTS) {
      partial = true
      full = true
      return
    }
    head = newHead()
    mode = 'head'
  }

  function inHead(line: Buffer, fresh: boolean): void {
    if (fresh && (line[0] === 10 || (line[0] === 13 && line[1] === 10))) {
      endField()
      endHead()
      write(line)
      return beginBody()
    }
    const folded = !fresh || line[0] === 0x20 || line[0] === 0x09
    if (!folded) endField()
    head.fieldBytes += line.length
    head.bytes += line.length
    if (head.fieldBytes > MOST_FIELD || head.bytes > MOST_HEAD) {
      partial = true
      return
    }
    head.field.push(line)
  }

  function endField(): void {
    const field = Buffer.concat(head.field)
    head.field = []
    head.fieldBytes = 0
    if (field.length === 0) return
    // A field that was cut short in the middle of a line still ends one.
    const whole = field.at(-1) === 10 ? field : Buffer.concat([field, Buffer.from('\r\n')])
    const [, name, value] = /^([!-9;-~]{1,100})\s*:([^]*)$/.exec(field.subarray(0, 8_192).toString('latin1')) ?? []
    switch (name?.toLowerCase() ?? '') {
      case 'content-type':
        head.type ??= (value ?? '').replaceAll(/\r?\n/g, ' ').trim()
        // Goes out with the end of the head.
        head.typeField ??= whole
        return
      case 'content-disposition':
        head.disposition ??= (value ?? '').trim().toLowerCase()
        break
      case 'content-transfer-encoding':
        head.encoding ??= (value ?? '').trim().toLowerCase()
        break
    }
    write(whole)
  }

  /** A `multipart/…` that cannot hold parts is none; whoever looks for parts in it finds nothing, and its bytes would vanish. */
  function endHead(): void {
    const { type = '', typeField, disposition = '', encoding = '' } = head
    const isFile = disposition.startsWith('attachment')
    // RFC 2046 §5.1.1: it names a boundary; RFC 2045 §6.4: it is not encoded.
    const isNone = boundaryIn(type) === null || (isFile && /^(base64|quoted-printable)/.test(encoding))
    if (/^multipart\//i.test(type) && isNone) {
      head.type = isFile ? 'application/octet-stream' : 'text/plain'
      write(Buffer.from(`Content-Type: ${head.type}\r\n`))
    } else if (typeField) write(typeField)
  }

  function beginBody(): void {
    const type = (head.type ?? 'text/plain').toLowerCase()
    body = { start: at, bytes: 0, lineEnd: 0, encoding: head.encoding ?? '', shown: false, lines: 0 }
    if (type.startsWith('multipart/')) {
      const inner = boundaryIn(head.type ?? '')!
      if (boundaries.length >= DEEPEST) {
        partial = true
        mode = 'skip'
      } else {
        boundaries.push(inner)
        mode = 'skip'
      }
      return
    }
    body.shown = isShown(type, head.disposition ?? '')
    mode = cutWith === undefined || body.shown ? 'keep' : 'cut'
  }

  function keep(line: Buffer): void {
    if (body.shown) shownBytes += line.length
    if (shownBytes > MOST_TEXT) {
      partial = true
      mode = 'skip'
      return
    }
    if ((body.shown && ++body.lines > MOST_LINES) || ++lines > MOST_LINES_OF_ALL) {
      partial = true
      mode = 'skip'
      return
    }
    write(line)
  }

  function endBody(): void {
    // The head of a part that ended before its empty line.
    if (mode === 'head') {
      endField()
      endHead()
    }
    if (mode !== 'cut') return
    // The line break before a boundary belongs to the boundary.
    const length = Math.max(0, body.bytes - body.lineEnd)
    const note = cutNote(cutWith!, { start: body.start, length, encoding: body.encoding })
    write(Buffer.from(`${body.encoding.startsWith('base64') ? Buffer.from(note).toString('base64') : note}\r\n`))
  }

  function write(line: Buffer): void {
    if (outBytes + line.length > MOST_RAW) {
      partial = true
      full = true
      return
    }
    outBytes += line.length
    out.push(Buffer.from(line))
  }

  return {
    push,
    get full() {
      return full
    },
    end: () => {
      if (!full) {
        if (pending.length > 0) take(pending, !inLongLine, false)
        endBody()
      }
      return { raw: Buffer.concat(out), partial }
    },
  }
}

const newHead = () => ({
  field: [] as Buffer[],
  fieldBytes: 0,
  bytes: 0,
  type: undefined as string | undefined,
  typeField: undefined as Buffer | undefined,
  disposition: undefined as string | undefined,
  encoding: undefined as string | undefined,
})

/** What is read as words, or tells about another letter; everything else is a file. */
const isShown = (type: string, disposition: string): boolean =>
  (/^text\/(plain|html)\b/.test(type) && !disposition.startsWith('attachment')) ||
  /^(message\/(delivery-status|disposition-notification|feedback-report|global-delivery-status)|text\/rfc822-headers)\b/.test(
    type,
  )

function boundaryIn(type: string): string | null {
  const [, quoted, bare] = /;\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(type) ?? []
  return (quoted ?? bare)?.trimEnd() || null
}

// ---------------------------------------------------------------- places of cut attachments

export interface Cut {
  /** Byte offset in the letter, and how many bytes, still encoded. */
  start: number
  length: number
  encoding: string
}

const cutNote = (word: string, { start, length, encoding }: Cut): string =>
  `parley-cut ${word} ${start} ${length} ${/^[\w-]+/.exec(encoding)?.[0] ?? '7bit'}`

/** The place that a note tells of; null: these are an attachment's own bytes. */
export function cutIn(content: Uint8Array, word: string | undefined): Cut | null {
  if (word === undefined || content.length > 200) return null
  const [kind, said, start, length, encoding] = Buffer.from(content).toString('latin1').trim().split(' ')
  if (kind !== 'parley-cut' || said !== word || !/^\d+$/.test(start ?? '') || !/^\d+$/.test(length ?? '')) return null
  return { start: Number(start), length: Number(length), encoding: encoding ?? '7bit' }
}
