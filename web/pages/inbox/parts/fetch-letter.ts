/** The bytes of a letter and of its pictures. Pictures elsewhere are fetched by our server: their owner sees it, not the member. */
import { fileUrl } from './media-url.ts'

export async function fetchFile(id: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(fileUrl(id), { signal })
  if (!response.ok) throw new Error(`the letter could not be read: ${response.status}`)
  return response.text()
}

/** As `data:` URLs, the only ones that the frame may show. One that cannot be had is left out. */
export const fetchRemotePictures = (message: string, urls: readonly string[]): Promise<Map<string, string>> =>
  fetchPictures(urls.map((url) => [url, `/api/messages/${message}/picture?url=${encodeURIComponent(url)}`]))

/** @param files  address in the letter → the file that came along under that name */
export const fetchEnclosedPictures = (files: readonly (readonly [string, string])[]): Promise<Map<string, string>> =>
  fetchPictures(files.map(([address, file]) => [address, fileUrl(file)]))

async function fetchPictures(wanted: readonly (readonly [string, string])[]): Promise<Map<string, string>> {
  const found = await Promise.all(
    wanted.map(async ([address, from]): Promise<[string, string] | null> => {
      const response = await fetch(from).catch(() => null)
      const picture = response?.ok ? await response.blob() : null
      return picture?.type.startsWith('image/') ? [address, await dataUrlOf(picture)] : null
    }),
  )
  return new Map(found.filter((each) => each !== null))
}

const dataUrlOf = (blob: Blob): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => resolve(reader.result as string))
    reader.addEventListener('error', () => reject(reader.error as Error))
    reader.readAsDataURL(blob)
  })
