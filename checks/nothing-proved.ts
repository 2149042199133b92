import type { Reporter, TestModule } from 'vitest/node'

/** A run in which no test passed is red: `-t` with a name that is none would else end green over a hundred that were skipped. */
export const nothingProved: Reporter = {
  onTestRunEnd: (modules: readonly TestModule[]) => {
    for (const module of modules)
      for (const test of module.children.allTests()) if (test.ok() && test.result().state === 'passed') return
    console.error('no test passed: nothing is proved')
    process.exitCode = 1
  },
}
