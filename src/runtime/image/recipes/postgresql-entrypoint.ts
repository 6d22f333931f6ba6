/**
 * First start: a new cluster, its database and the init scripts are made beside, in `$PGDATA/.init`, and moved into
 * place when all of it is done, PG_VERSION last. One that is killed meanwhile begins again at its next start. The
 * server of that time listens in a directory of its own, so that nobody takes it for ready.
 */
export const postgresqlEntrypoint = `#!/bin/sh
set -e
# The kernel drops what process 1 does not catch, and stopping would have to wait.
trap 'exit 130' INT
trap 'exit 143' TERM QUIT

fail() { echo "postgresql: $*" >&2; exit 1; }

# NAME or the content of the file that NAME_FILE names.
from_file() {
  eval "value=\\\${$1:-} file=\\\${$1_FILE:-}"
  if [ -n "$value" ] && [ -n "$file" ]; then fail "both $1 and $1_FILE are set"; fi
  if [ -n "$file" ]; then
    [ -r "$file" ] || fail "$1_FILE: cannot read $file"
    value=$(cat "$file")
  fi
  export "$1=\${value:-$2}"
  unset "$1_FILE"
}

case "\${1:-postgres}" in -*) set -- postgres "$@" ;; esac
[ "\${1:-postgres}" = postgres ] || exec "$@"
for word; do
  case "$word" in -'?' | --help | --describe-config | -V | --version) exec "$@" ;; esac
done

export PGDATA="\${PGDATA:-/var/lib/postgresql/data}"

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chmod 700 "$PGDATA"
  chown postgres:postgres /run/postgresql
  chmod 3777 /run/postgresql
  find "$PGDATA" ! -user postgres -exec chown postgres:postgres {} +
  if [ -n "\${POSTGRES_INITDB_WALDIR:-}" ]; then
    mkdir -p "$POSTGRES_INITDB_WALDIR"
    chmod 700 "$POSTGRES_INITDB_WALDIR"
    find "$POSTGRES_INITDB_WALDIR" ! -user postgres -exec chown postgres:postgres {} +
  fi
  # Only root can read some secrets: read them before the user changes.
  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    for name in POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB POSTGRES_INITDB_ARGS; do from_file "$name" ''; done
  fi
  export HOME=/var/lib/postgresql
  exec chroot --userspec=postgres:postgres --skip-chdir / "$0" "$@"
fi

make_cluster() {
  [ -z "\${POSTGRES_INITDB_WALDIR:-}" ] || set -- --waldir "$POSTGRES_INITDB_WALDIR"
  (umask 077 && printf '%s\\n' "$POSTGRES_PASSWORD" > "$init/password")
  [ -z "$POSTGRES_PASSWORD" ] || set -- "$@" --pwfile="$init/password"
  # The words of POSTGRES_INITDB_ARGS, with their quotes, as a shell reads them.
  eval "set -- \\"\\$@\\" $POSTGRES_INITDB_ARGS"
  initdb --username="$POSTGRES_USER" -D "$init/data" "$@"
  rm "$init/password"
  method=\${POSTGRES_HOST_AUTH_METHOD:-$(postgres -D "$init/data" -C password_encryption)}
  if [ "$method" = trust ]; then
    echo '# POSTGRES_HOST_AUTH_METHOD is trust: everybody who reaches the server is let in, without a password.'
  fi >> "$init/data/pg_hba.conf"
  printf '\\nhost all all all %s\\n' "$method" >> "$init/data/pg_hba.conf"
}

run_script() {
  case "$1" in
    *.sh)
      echo "postgresql: running $1"
      if [ -x "$1" ]; then "$1"; else . "$1"; fi ;;
    *.sql) echo "postgresql: running $1"; query -f "$1" ;;
    *.sql.gz) echo "postgresql: running $1"; gunzip -c "$1" | query ;;
    *) echo "postgresql: $1 is no .sh, .sql or .sql.gz: left alone" ;;
  esac
}

query() { psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username "$POSTGRES_USER" --no-password --dbname "$POSTGRES_DB" "$@"; }

# Scripts are sourced in a subshell with the real names of things.
fill_cluster() (
  export PGDATA="$init/data" PGHOST="$init"
  unset PGPORT PGPASSWORD
  pg_ctl -D "$PGDATA" -w -t 600 -o "-c listen_addresses='' -c unix_socket_directories='$init' -p 5432" start > "$init/log" ||
    { cat "$init/log" >&2; fail 'the new cluster does not start'; }
  trap 'pg_ctl -D "$PGDATA" -m fast -w stop > "$init/log" || cat "$init/log" >&2' EXIT
  if [ "$POSTGRES_DB" != postgres ]; then
    printf 'CREATE DATABASE :"name";\\n' | POSTGRES_DB=postgres query --set name="$POSTGRES_DB"
  fi
  export PGPASSWORD="\${PGPASSWORD:-$POSTGRES_PASSWORD}"
  for script in /docker-entrypoint-initdb.d/*; do
    [ ! -e "$script" ] || run_script "$script"
  done
)

move_cluster() {
  for each in "$init"/data/* "$init"/data/.[!.]*; do
    name=\${each##*/}
    [ "$name" = PG_VERSION ] || [ ! -e "$each" ] || mv -f "$each" "$PGDATA/$name"
  done
  sync "$PGDATA"
  [ ! -e "$init/data/PG_VERSION" ] || mv "$init/data/PG_VERSION" "$PGDATA/"
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  init="$PGDATA/.init"
  from_file POSTGRES_PASSWORD ''
  from_file POSTGRES_USER postgres
  from_file POSTGRES_DB "$POSTGRES_USER"
  from_file POSTGRES_INITDB_ARGS ''
  if [ -z "$POSTGRES_PASSWORD" ] && [ "\${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
    fail 'a new database needs a password: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE (or, to let everybody in, POSTGRES_HOST_AUTH_METHOD=trust)'
  fi
  if [ ! -e "$init/complete" ]; then
    rm -rf "$init"
    mkdir -m 700 "$init"
    make_cluster
    fill_cluster
    touch "$init/complete"
    sync "$init"
  fi
  move_cluster
  echo 'postgresql: the new database is ready'
fi
rm -rf "$PGDATA/.init"
unset POSTGRES_PASSWORD PGPASSWORD
exec "$@"
`
