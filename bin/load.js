'use strict'
const {existsSync, readFileSync} = require('node:fs')
const {createRequire} = require('node:module')
const {dirname, join} = require('node:path')
const {pathToFileURL} = require('node:url')
const {Script} = require('node:vm')

/** All commands but one need nothing of the daemon. */
exports.bundles = {stack: join(__dirname, '../dist/stack.cjs'), daemon: join(__dirname, '../dist/daemon.cjs')}

/**
 * Where the build keeps what V8 made of the bundle: half of a short command would be compiling. With other options V8
 * does not take it.
 */
exports.codeOf = file => [file, ...process.execArgv, 'code'].join('.')

const head = '(function (exports, require, module, __filename, importBeside) {'

/** Code that another version of Node has kept is not taken: all is compiled anew. */
exports.compile = file => {
  const code = exports.codeOf(file)
  return new Script(`${head}${readFileSync(file, 'latin1')}\n})`, {
    filename: file,
    columnOffset: -head.length,
    ...(existsSync(code) && {cachedData: readFileSync(code)}),
  })
}

/** Code that was kept has lost what import() needs to know of its place, so it is given one. */
exports.run = (script, file) => {
  const importBeside = name => import(pathToFileURL(join(dirname(file), name)))
  const module = {exports: {}}
  script.runInThisContext()(module.exports, createRequire(file), module, file, importBeside)
}
