/** The letters of one mailbox as a server keeps them: folders, each numbering its letters upwards and never twice. */
export interface StoredLetter {
  uid: number
  at: Date
  raw: Buffer
}

export interface Folder {
  readonly path: string
  readonly flags: readonly string[]
  uidvalidity: number
  uidnext: number
  letters: StoredLetter[]
}

export interface Mailbox {
  readonly folders: readonly Folder[]
  folder(path: string): Folder | undefined
  add(path: string, raw: Buffer | string, at?: Date): StoredLetter
  /** As a person in another program, or a rule, takes it away. */
  expunge(path: string, uid: number): void
  /** The server lost its index: every letter gets a new number under a new UIDVALIDITY. */
  renumber(path: string): void
  /** Told after each change, with what a selected client must hear. */
  watch(heard: (path: string, line: string) => void): () => void
}

export function openMailbox(now: () => number): Mailbox {
  const folders: Folder[] = [
    { path: 'INBOX', flags: [], uidvalidity: 1_700_000_001, uidnext: 1, letters: [] },
    { path: 'Sent', flags: ['\\Sent'], uidvalidity: 1_700_000_002, uidnext: 1, letters: [] },
    { path: 'Junk', flags: ['\\Junk'], uidvalidity: 1_700_000_003, uidnext: 1, letters: [] },
  ]
  const watchers = new Set<(path: string, line: string) => void>()
  const tell = (path: string, line: string) => {
    for (const heard of watchers) heard(path, line)
  }
  const folder = (path: string) => folders.find((each) => each.path === (/^inbox$/i.test(path) ? 'INBOX' : path))
  const get = (path: string) => {
    const found = folder(path)
    if (!found) throw new Error(`there is no folder ${path}`)
    return found
  }
  return {
    folders,
    folder,
    add: (path, raw, at = new Date(now())) => {
      const into = get(path)
      const letter = {
        uid: into.uidnext++,
        at,
        raw: typeof raw === 'string' ? Buffer.from(raw.replaceAll(/\r?\n/g, '\r\n')) : raw,
      }
      into.letters.push(letter)
      tell(into.path, `* ${into.letters.length} EXISTS`)
      return letter
    },
    expunge: (path, uid) => {
      const from = get(path)
      const index = from.letters.findIndex((letter) => letter.uid === uid)
      if (index < 0) return
      from.letters.splice(index, 1)
      tell(from.path, `* ${index + 1} EXPUNGE`)
    },
    renumber: (path) => {
      const it = get(path)
      it.uidvalidity += 1_000
      it.letters = it.letters.map((letter, index) => ({ ...letter, uid: index + 1 }))
      it.uidnext = it.letters.length + 1
    },
    watch: (heard) => {
      watchers.add(heard)
      return () => watchers.delete(heard)
    },
  }
}
