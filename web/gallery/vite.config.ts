import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The gallery alone, for tests and screenshots: built beside the window and never given out by the server. */
export default defineConfig({
  root: here('..'),
  plugins: [react()],
  resolve: { alias: { zod: here('../app/no-zod.ts') } },
  build: {
    outDir: here('../../.tmp/gallery'),
    emptyOutDir: true,
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    chunkSizeWarningLimit: 4_000,
    rollupOptions: { input: { gallery: here('index.html') } },
  },
})
