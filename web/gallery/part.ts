import type { ReactNode } from 'react'

/** One `*.gallery.tsx`, its default export: states worth seeing, each drawn without a server. */
export interface GalleryPart {
  readonly name: string
  /** Folders of words beside `app` and `ui`. */
  readonly words: readonly string[]
  readonly states: Readonly<Record<string, () => ReactNode>>
}
