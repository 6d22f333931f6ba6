import {entrypointFile, entrypointPath, type Recipe} from './recipe.ts'

/**
 * Redis for a network of containers: reachable without a password unless told otherwise, since who may reach it is the
 * network's business; the data directory is the working directory; never runs as root.
 */
export const entrypoint = `#!/bin/sh
set -e
trap 'exit 143' INT TERM QUIT

# Options or a configuration file alone mean the server.
case "\${1:-}" in
  -* | *.conf) set -- redis-server "$@" ;;
esac
program=\${1:-}
case "$program" in
  redis-server | valkey-server) ;;
  *) exec "$@" ;;
esac
shift

conf=
case "\${1:-}" in
  '' | -*) ;;
  *) conf=$1; shift ;;
esac
if [ -z "$conf" ] || ! grep -Eqi '^[[:space:]]*protected-mode' "$conf"; then
  set -- --protected-mode no "$@"
fi
[ -z "$conf" ] || set -- "$conf" "$@"

if [ "$(id -u)" = 0 ]; then
  find . ! -user redis -exec chown redis:redis {} +
  exec chroot --userspec=redis:redis --skip-chdir / "$program" "$@"
fi
exec "$program" "$@"
`

export const redis: Recipe = {
  matches: /^(redis|redis-server|valkey|valkey-server)$/,
  fit: packages => ({
    accounts: [{name: 'redis', id: 999, home: '/data'}],
    directories: [{path: 'data', mode: 0o755, owner: 'redis'}],
    files: [entrypointFile(entrypoint)],
    config: {
      entrypoint: [`/${entrypointPath}`],
      cmd: [packages.some(each => each.name === 'valkey-server') ? 'valkey-server' : 'redis-server'],
      workingDir: '/data',
      volumes: ['/data'],
      exposedPorts: ['6379/tcp'],
    },
  }),
}
