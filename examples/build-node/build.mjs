// Makes dist/ of src/: the page becomes a part of the program, so that what runs is one file.
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'

const page = readFileSync('src/page.html', 'utf8')
const {version} = JSON.parse(readFileSync('package.json', 'utf8'))
const source = readFileSync('src/server.mjs', 'utf8')
mkdirSync('dist', {recursive: true})
writeFileSync(
  'dist/server.mjs',
  source.replace("'PAGE'", () => JSON.stringify(page.replace('VERSION', version))),
)
console.log(`dist/server.mjs: version ${version}`)
