import {inTurn, median, milliseconds, root, run} from './measure.mjs'

/** What the command line costs before it does anything. */
export async function* startup() {
  const {node, version} = await inTurn(15, {
    node: {go: () => run(process.execPath, ['-e', '0'])},
    version: {go: () => run(process.execPath, [`${root}bin/stack`, '--version'])},
  })
  yield {what: 'node -e 0', ...milliseconds(node)}
  yield {what: 'stack --version', ...milliseconds(version)}
  yield {what: 'ratio', value: median(version) / median(node), unit: 'x'}
}
