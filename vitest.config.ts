import {defineConfig} from 'vitest/config'

const project = (name: string, more: object = {}) => ({
  test: {name, include: [`test/${name}/**/*.test.ts`], ...more},
})

/** What touches the kernel runs one file at a time, on a private host only, and what a file leaves behind fails it. */
const onPrivateHost = {
  fileParallelism: false,
  testTimeout: 60_000,
  hookTimeout: 120_000,
  globalSetup: ['test/support/private-host.ts'],
  setupFiles: ['test/support/leak-check.ts'],
}

export default defineConfig({
  test: {
    projects: [
      // Pure: a process for each file would cost more than the tests.
      project('unit', {testTimeout: 20_000, isolate: false}),
      project('conformance', onPrivateHost),
      project('integration', onPrivateHost),
      project('e2e', {...onPrivateHost, testTimeout: 180_000, hookTimeout: 300_000}),
    ],
  },
})
