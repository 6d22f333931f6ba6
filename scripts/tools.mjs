// Programs of the system that `npm start` and `npm test` need: said, and installed where that can be done.
import {spawnSync} from 'node:child_process'
import {readdirSync} from 'node:fs'

export const isThere = program => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

/** Whether apt knows packages; a fresh machine or image often has none of its lists. */
export function hasPackageLists() {
  try {
    return readdirSync('/var/lib/apt/lists').some(name => name.includes('_Packages'))
  } catch {
    return false
  }
}

function apt(...words) {
  const {status} = spawnSync('apt-get', words, {
    stdio: 'inherit',
    env: {...process.env, DEBIAN_FRONTEND: 'noninteractive'},
  })
  if (status === 0) return
  console.error(`stack: "apt-get ${words.join(' ')}" failed`)
  process.exit(1)
}

export function updatePackageLists() {
  console.log('\n\u203a apt has no package lists yet: apt-get update')
  apt('update', '-qq')
}

/** Installs the packages of programs that are not there: `{nft: 'nftables'}`. Needs root and apt; else says what to do. */
export function installMissing(packages) {
  const missing = Object.keys(packages).filter(program => !isThere(program))
  if (missing.length === 0) return
  const wanted = missing.map(program => packages[program])
  if (!isThere('apt-get')) {
    console.error(
      `stack: this machine lacks ${missing.join(', ')}: install ${wanted.join(', ')}, or what has them here`,
    )
    process.exit(1)
  }
  console.log(`\n\u203a not installed yet: ${missing.join(', ')}; apt-get install ${wanted.join(' ')}`)
  if (!hasPackageLists()) updatePackageLists()
  apt('install', '-y', '-qq', '--no-install-recommends', ...wanted)
}
