// npm run bench [NAME...]: the figures, on a private host, each beside its peer or the kernel's floor in the same run.
import {spawnSync} from 'node:child_process'
import {prepare, root} from './prepare.mjs'

prepare()
const {status} = spawnSync(
  'scripts/private-host',
  [process.execPath, 'test/bench/main.mjs', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
process.exit(status ?? 1)
