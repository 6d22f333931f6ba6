import {median, milliseconds, root, run, timed} from './measure.mjs'

/** What the command line costs before it does anything. */
export async function* startup() {
  const times = 15
  const node = []
  const version = []
  for (let round = 0; round < times; round++) {
    node.push(...(await timed(1, () => run(process.execPath, ['-e', '0']))))
    version.push(...(await timed(1, () => run(process.execPath, [`${root}bin/stack.mjs`, '--version']))))
  }
  yield {what: 'node -e 0', ...milliseconds(node)}
  yield {what: 'stack --version', ...milliseconds(version)}
  yield {what: 'ratio', value: median(version) / median(node), unit: 'x'}
}
