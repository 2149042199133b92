/** What people do on their phones, as the playground's server takes it. */
import type { Content, Ref } from '#connector-kit/connector.ts'
import type { Trouble } from '../phones.ts'

export type Act =
  | { do: 'start'; token?: string }
  | { do: 'say'; content: Content; replyTo?: Ref }
  | { do: 'edit'; ref: Ref; content: Content }
  | { do: 'remove'; ref: Ref }
  | { do: 'react'; ref: Ref; emoji: string[] }
  | { do: 'press'; label: string }
  | { do: 'block'; on: boolean }
  | { do: 'typing' }
  | { do: 'read' }

const post = async (path: string, body: unknown): Promise<void> => {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(((await response.json()) as { message?: string }).message ?? response.statusText)
}

export const act = (folder: string, name: string, what: Act): Promise<void> =>
  post(`/api/phones/${folder}/${encodeURIComponent(name)}`, what)

/** null mends everything. */
export const breakNetwork = (folder: string, trouble: Trouble | null): Promise<void> =>
  post(`/api/networks/${folder}/trouble`, { trouble })

export const text = (words: string): Content => ({ parts: [{ kind: 'text', text: words, entities: [] }] })

/** A file in a person's hand, as a `data:` address that the emulators understand. */
export async function fileContent(file: File, caption: string): Promise<Content> {
  const remote = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result as string)
    reader.onerror = () => reject(new Error('the file cannot be read'))
    reader.readAsDataURL(file)
  })
  const kind = file.type.startsWith('image/') ? 'image' : 'file'
  const words = caption ? { caption: { text: caption, entities: [] } } : {}
  return {
    parts: [
      {
        kind,
        source: { remote },
        type: file.type || 'application/octet-stream',
        name: file.name,
        bytes: file.size,
        ...words,
      },
    ],
  }
}
