import './trusted-types.ts'
import './theme.css'
import '@mantine/core/styles.layer.css'
import '@mantine/notifications/styles.layer.css'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Surroundings } from './surroundings.tsx'
import { router } from './router.tsx'
import { startWords } from './words.ts'
import './covered.ts'

// After an update the old page's chunks are gone: the new page is one reload away, and that is all that helps.
window.addEventListener('vite:preloadError', (event) => {
  const KEPT = 'parley.reloaded'
  if (Date.now() - Number(sessionStorage.getItem(KEPT) ?? 0) < 30_000) return
  sessionStorage.setItem(KEPT, String(Date.now()))
  event.preventDefault()
  location.reload()
})

await startWords()
createRoot(document.querySelector('#root')!).render(
  <StrictMode>
    <Surroundings>
      <RouterProvider router={router} />
    </Surroundings>
  </StrictMode>,
)
