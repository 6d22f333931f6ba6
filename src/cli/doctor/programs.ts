import {type Check, finding, type Host} from './finding.ts'

type Program = readonly [program: string, essential: boolean, what: string, fix: string]

const programs: readonly Program[] = [
  ['nft', true, 'published ports and the way out of networks', 'apt-get install nftables, or the like'],
  ['apt-get', false, 'images like apt://redis-server', 'only on Debian and Ubuntu; take another image elsewhere'],
  ['dpkg-deb', false, 'images like apt://redis-server', 'only on Debian and Ubuntu; take another image elsewhere'],
]

export const tools: Check = host =>
  programs.map(([program, essential, what, fix]) => {
    const path = host.find(program)
    return finding(path !== undefined, {
      name: program,
      essential,
      detail: path === undefined ? what : `${path}: ${what}`,
      fix,
    })
  })

const built: ReadonlyArray<readonly [file: string, what: string]> = [
  ['stack.node', 'native addon'],
  ['stack-monitor', 'monitor of containers'],
]

export const nativeParts: Check = host => {
  const missing = built.filter(([file]) => !host.exists(`${host.buildDirectory}/${file}`))
  return [
    ...built.map(([file, what]) =>
      finding(!missing.some(([each]) => each === file), {
        name: what,
        essential: true,
        detail: `${host.buildDirectory}/${file}`,
        fix: 'npm run build, which needs a C++ compiler',
      }),
    ),
    ...(missing.length === 0 ? [] : [compiler(host)]),
  ]
}

function compiler(host: Host) {
  const found = ['g++', 'c++', 'clang++'].map(host.find).find(path => path !== undefined)
  return finding(found !== undefined, {
    name: 'C++ compiler',
    detail: found ?? 'to build the native parts',
    fix: 'apt-get install g++, or the like',
  })
}

export const node: Check = host => {
  const [major = 0, minor = 0] = host.nodeVersion.split('.').map(Number)
  const isNew = major > 20 || (major === 20 && minor >= 12)
  return [
    finding(isNew, {
      name: 'Node.js',
      essential: true,
      detail: host.nodeVersion,
      fix: 'Node.js 20.12 or newer is needed',
    }),
  ]
}

export const directories: Check = host => {
  const places: ReadonlyArray<readonly [string, string, string]> = [
    ['state directory', host.stateDirectory, 'STACK_STATE_DIR'],
    ['run directory', host.runDirectory, 'STACK_RUN_DIR'],
  ]
  return places.map(([name, path, variable]) =>
    finding(host.canWrite(path), {
      name,
      essential: true,
      detail: path,
      fix: `make ${path} writable, or set ${variable} to another place`,
    }),
  )
}
