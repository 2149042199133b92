import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { Suspense, type ReactNode } from 'react'
import { client } from './client.ts'
import { theme } from './theme.ts'

/** Light, dark or as the system: kept in this browser. */
const colorScheme = localStorageColorSchemeManager({ key: 'parley.scheme' })

/** What every page stands in: look, words at the edge, the cache. The gallery uses it too. */
export function Surroundings({ children }: { children: ReactNode }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={colorScheme}>
      <QueryClientProvider client={client}>
        <Notifications position="bottom-right" limit={4} containerWidth={380} />
        <Suspense>{children}</Suspense>
      </QueryClientProvider>
    </MantineProvider>
  )
}
