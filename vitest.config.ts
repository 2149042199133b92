import { defineConfig } from 'vitest/config'
import { nothingProved } from './checks/nothing-proved.ts'

/** Whole programs, browsers and servers share two cores in the gate: what was slow once is tried again there, nowhere else. */
const retry = process.env.CI ? 2 : 0

/** `--project unit` needs no database, `--project database` brings its own, `browser` drives a whole Parley. */
export default defineConfig({
  test: {
    reporters: ['default', nothingProved],
    // Most files wait for a database or a process; vitest would leave one core idle, of two.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          retry,
          include: [
            '{contract,connector-kit,connectors,server,checks,web,widget}/**/*.test.{ts,mjs}',
            'tests/{simulation,faults}/*.test.ts',
          ],
          exclude: ['**/*.db.test.ts', '**/node_modules/**'],
          // Some start processes or send 50 MB; on a busy machine that takes its time.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'database',
          retry,
          include: ['{server,tests}/**/*.db.test.ts'],
          globalSetup: ['checks/postgres.ts'],
          setupFiles: ['tests/support/told-on-failure.ts'],
          // A guard against hanging, no measure: machines are noisy, and what is fast is said by `npm run bench`.
          testTimeout: 90_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'browser',
          retry,
          include: ['tests/browser/**/*.browser.test.ts'],
          globalSetup: ['checks/postgres.ts'],
          setupFiles: ['tests/support/told-on-failure.ts'],
          fileParallelism: false,
          expect: { poll: { timeout: 30_000 } },
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
