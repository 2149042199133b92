/**
 * One classic script, so that a site needs one `script-src` entry and no inline code: `dist/widget/chat.js`, served as
 * `/widget/chat.js`. What is typed with zod in `contract/` is imported as types only; zod itself would be half the weight.
 */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: here('.'),
  build: {
    outDir: here('../dist/widget'),
    emptyOutDir: true,
    target: 'es2022',
    lib: { entry: here('chat.ts'), formats: ['iife'], name: 'parleyChat', fileName: () => 'chat.js' },
  },
})
