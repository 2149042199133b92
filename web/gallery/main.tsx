/**
 * States of components without a server: `npm run dev:web`, then http://127.0.0.1:4340/gallery/.
 * `?part=channels&scheme=dark&language=ru` shows one part; tests walk over all of them.
 */
import '../app/trusted-types.ts'
import '../app/theme.css'
import '@mantine/core/styles.layer.css'
import '@mantine/notifications/styles.layer.css'
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Surroundings } from '../app/surroundings.tsx'
import { loadWords, startWords } from '../app/words.ts'
import { Gallery } from './gallery.tsx'
import type { GalleryPart } from './part.ts'
import { fillCache } from './samples.ts'

const wanted = new URLSearchParams(location.search)
localStorage.setItem('parley.language', wanted.get('language') ?? 'en')
localStorage.setItem('parley.scheme', wanted.get('scheme') ?? 'light')

const files = import.meta.glob<{ default: GalleryPart }>('../**/*.gallery.tsx', { eager: true })
const parts = Object.values(files).map((file) => file.default)

fillCache()
await startWords()
await Promise.all(parts.flatMap((part) => part.words.map(loadWords)))

// Links need a router; they lead nowhere here.
const router = createRouter({
  routeTree: createRootRoute({
    component: () => <Gallery parts={parts} shown={wanted.get('part')} />,
    notFoundComponent: () => <Gallery parts={parts} shown={wanted.get('part')} />,
  }),
  history: createMemoryHistory(),
})

createRoot(document.querySelector('#root')!).render(
  <StrictMode>
    <Surroundings>
      {/* The gallery's router knows none of the window's places. */}
      <RouterProvider router={router as never} />
    </Surroundings>
  </StrictMode>,
)
