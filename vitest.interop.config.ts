import { defineConfig } from 'vitest/config'
import { nothingProved } from './checks/nothing-proved.ts'

/** Whole programs, browsers and servers share two cores in the gate: what was slow once is tried again there, nowhere else. */
const retry = process.env.CI ? 2 : 0

/** Real servers of other makers, as processes of this test run. What a machine lacks is skipped aloud. */
export default defineConfig({
  test: {
    reporters: ['default', nothingProved],
    projects: [
      {
        test: {
          name: 'interop',
          retry,
          include: ['tests/interop/**/*.interop.test.ts'],
          globalSetup: ['checks/postgres.ts'],
          setupFiles: ['tests/support/told-on-failure.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
