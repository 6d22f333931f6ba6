import type {PackageChoice} from '../reference.ts'
import {postgresqlEntrypoint} from './postgresql-entrypoint.ts'
import {entrypointFile, entrypointPath, type Recipe, searchPath} from './recipe.ts'

/**
 * PostgreSQL, configured by the variables that people know. Compiling queries (JIT) needs LLVM, nearly half of the
 * whole; it is left out unless the reference names it: `apt://postgresql,libllvm14`.
 */
export const postgresql: Recipe = {
  matches: /^postgresql(-\d+)?$/,
  without: ['libllvm14', 'libllvm15', 'libllvm16', 'libllvm17', 'libllvm18', 'libllvm19', 'libllvm20', 'libllvm21'],
  fit: packages => {
    const version = versionOf(packages)
    const programs = `usr/lib/postgresql/${version}`
    return {
      accounts: [{name: 'postgres', id: 999, home: '/var/lib/postgresql'}],
      directories: [
        {path: 'var/lib/postgresql', mode: 0o755, owner: 'postgres'},
        {path: 'var/lib/postgresql/data', mode: 0o700, owner: 'postgres'},
        {path: 'run/postgresql', mode: 0o3777, owner: 'postgres'},
        {path: 'docker-entrypoint-initdb.d', mode: 0o755},
      ],
      files: [entrypointFile(postgresqlEntrypoint)],
      additions: [{path: `usr/share/postgresql/${version}/postgresql.conf.sample`, text: "listen_addresses = '*'\n"}],
      removed: packages.some(each => each.name.startsWith('libllvm'))
        ? []
        : [`${programs}/lib/llvmjit*`, `${programs}/lib/bitcode`],
      config: {
        env: [
          `PATH=${searchPath}:/${programs}/bin`,
          `PG_MAJOR=${version}`,
          'PGDATA=/var/lib/postgresql/data',
          'LANG=C.UTF-8',
        ],
        entrypoint: [`/${entrypointPath}`],
        cmd: ['postgres'],
        volumes: ['/var/lib/postgresql/data'],
        exposedPorts: ['5432/tcp'],
        // Fast shutdown: SIGTERM would wait for every client to leave.
        stopSignal: 'SIGINT',
      },
    }
  },
}

/** The newest major version among the packages. */
function versionOf(packages: readonly PackageChoice[]): number {
  const majors = packages.map(({name}) => Number(/^postgresql-(\d+)$/.exec(name)?.[1] ?? 0))
  return Math.max(0, ...majors)
}
