import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { Suspense, type ReactNode } from 'react'
import { client } from './client.ts'
import { lazily } from './lazily.ts'
import { theme } from './theme.ts'

/** Drawn at once, so that it is there before the connection can be lost; in a chunk of its own, so that the page need not wait for it. */
const Notices = lazily(() => import('./notices.tsx'), 'Notices')

/** Light, dark or as the system: kept in this browser. */
const colorScheme = localStorageColorSchemeManager({ key: 'parley.scheme' })

/** What every page stands in: look, words at the edge, the cache. The gallery uses it too. */
export function Surroundings({ children }: { children: ReactNode }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={colorScheme}>
      <QueryClientProvider client={client}>
        <Suspense>
          <Notices />
        </Suspense>
        <Suspense>{children}</Suspense>
      </QueryClientProvider>
    </MantineProvider>
  )
}
