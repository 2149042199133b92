import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The page of fake phones; `bin/build.mjs` builds it after `npm ci`. */
export default defineConfig({
  plugins: [react()],
  build: { outDir: '../../dist/playground/web', emptyOutDir: true },
})
