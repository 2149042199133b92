import { defineConfig } from 'vitest/config'

/** Real servers of other makers, as processes of this test run. What a machine lacks is skipped aloud. */
export default defineConfig({
  test: {
    retry: process.env.CI ? 2 : 0,
    projects: [
      {
        test: {
          name: 'interop',
          include: ['tests/interop/**/*.interop.test.ts'],
          globalSetup: ['checks/postgres.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
