import {entrypointFile, entrypointPath, type Recipe} from './recipe.ts'

/** Templates in /etc/nginx/templates get the environment's values, scripts in /docker-entrypoint.d run before the start. */
export const entrypoint = `#!/bin/sh
set -e
trap 'exit 143' INT TERM QUIT

case "\${1:-}" in -*) set -- nginx "$@" ;; esac
[ "\${1:-}" = nginx ] || exec "$@"

names=$(env | sed -n 's/^\\([A-Za-z_][A-Za-z0-9_]*\\)=.*/$\{\\1}/p' | tr '\\n' ' ')
for template in /etc/nginx/templates/*.template; do
  [ -e "$template" ] || continue
  name=\${template##*/}
  envsubst "$names" < "$template" > "/etc/nginx/conf.d/\${name%.template}"
done
for script in /docker-entrypoint.d/*.sh; do
  [ ! -x "$script" ] || "$script"
done
exec "$@"
`

const configuration = `user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
include /etc/nginx/modules-enabled/*.conf;

events {
  worker_connections 1024;
}

http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /var/log/nginx/access.log;
  sendfile on;
  keepalive_timeout 65;
  include /etc/nginx/conf.d/*.conf;
}
`

const site = `server {
  listen 80;
  server_name localhost;

  location / {
    root /usr/share/nginx/html;
    index index.html index.htm;
  }
}
`

const page = `<!doctype html>
<title>nginx</title>
<p>nginx runs. Its pages are in /usr/share/nginx/html, its sites in /etc/nginx/conf.d.</p>
`

export const nginx: Recipe = {
  matches: /^nginx(-light|-core|-full|-extras)?$/,
  extra: ['gettext-base'],
  fit: () => ({
    accounts: [{name: 'nginx', id: 101, home: '/nonexistent'}],
    directories: [
      {path: 'var/log/nginx', mode: 0o755},
      {path: 'var/lib/nginx', mode: 0o755, owner: 'nginx'},
      {path: 'etc/nginx/conf.d', mode: 0o755},
      {path: 'docker-entrypoint.d', mode: 0o755},
    ],
    removed: ['etc/nginx/sites-enabled/default'],
    files: [
      entrypointFile(entrypoint),
      {path: 'etc/nginx/nginx.conf', mode: 0o644, text: configuration},
      {path: 'etc/nginx/conf.d/default.conf', mode: 0o644, text: site},
      {path: 'usr/share/nginx/html/index.html', mode: 0o644, text: page},
    ],
    links: [
      {path: 'var/log/nginx/access.log', to: '/dev/stdout'},
      {path: 'var/log/nginx/error.log', to: '/dev/stderr'},
    ],
    config: {
      entrypoint: [`/${entrypointPath}`],
      cmd: ['nginx', '-g', 'daemon off;'],
      exposedPorts: ['80/tcp'],
      // Lets requests that are under way come to their end.
      stopSignal: 'SIGQUIT',
    },
  }),
}
