import {pbkdf2Sync} from 'node:crypto'

let count = 0
setInterval(() => {
  const began = Date.now()
  pbkdf2Sync('a', 'b', 20_000 * (1 + (count % 5)), 32, 'sha256')
  if (++count % 7 === 0) console.error(`job ${count} was slow: ${Date.now() - began} ms`)
  else console.log(`job ${count} done in ${Date.now() - began} ms`)
}, 900)
console.log('waiting for jobs')
