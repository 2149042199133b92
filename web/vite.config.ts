import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { onlyAddresses } from './build/only-addresses.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const PARLEY = process.env.PARLEY_DEV ?? 'http://127.0.0.1:4100'

/** React, routes, words, queries, and those of Mantine's components that most pages draw. */
const BASE =
  /node_modules\/(react|react-dom|scheduler|i18next|react-i18next|use-sync-external-store|clsx|@tanstack\/(?!.*virtual)[\w-]+|@floating-ui\/[\w-]+|@mantine\/core\/esm\/(core|utils|components\/(ActionIcon|Anchor|Avatar|Button|CloseButton|Group|Input|Loader|Menu|Paper|Popover|Portal|Skeleton|Stack|Text|TextInput|InputBase|Title|Tooltip|Transition|UnstyledButton)))\//

/**
 * Built to `dist/web`, which the server gives out. `vite web` serves it with live reload in front of a running Parley
 * (`PARLEY_DEV=http://127.0.0.1:4100`), and the gallery at `/gallery/`.
 */
export default defineConfig(({ command }) => ({
  root: here('.'),
  plugins: [react(), onlyAddresses()],
  // The built window trusts its server's answers: zod is left out, 60 KB of the first load. `vite web` checks them.
  resolve: { alias: command === 'build' ? { zod: here('app/no-zod.ts') } : {} },
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    // For checks/first-load.mjs.
    manifest: 'manifest.json',
    target: 'es2023',
    // Younger than `light-dark()`: rewritten for older ones, it follows the system and not the member's choice.
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    // A file inlined as `data:` would need a hole in the content policy.
    assetsInlineLimit: 0,
    // Counted, gzipped and with what it pulls in, by checks/first-load.mjs.
    chunkSizeWarningLimit: 1_000,
    modulePreload: { polyfill: false },
    rollupOptions: {
      treeshake: { manualPureFunctions: ['z'] },
      input: { index: here('index.html') },
      output: {
        // What every page stands on is one file: cut up by who shares what, it is sixty, and a tenth bigger.
        codeSplitting: { groups: [{ name: 'base', test: BASE }] },
      },
    },
  },
  server: {
    port: 4340,
    proxy: {
      // Parley takes changes from its own address only.
      '/api': { target: PARLEY, ws: true, changeOrigin: true, rewriteWsOrigin: true, headers: { origin: PARLEY } },
      '/hooks': { target: PARLEY, ws: true },
    },
  },
}))
