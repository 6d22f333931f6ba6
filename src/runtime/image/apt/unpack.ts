import {existsSync} from 'node:fs'
import {rm, symlink} from 'node:fs/promises'
import {join} from 'node:path'
import {runWell} from '../program.ts'

/** Directories that are links into /usr on every host of today. */
const merged = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'] as const

/** What nobody reads in a container, and what only an init system of a host would use. */
const unwanted = [
  './usr/share/doc/*',
  './usr/share/doc-base/*',
  './usr/share/man/*',
  './usr/share/info/*',
  './usr/share/locale/*',
  './usr/share/lintian/*',
  './usr/share/bug/*',
  './usr/share/bash-completion/*',
  './etc/init.d/*',
  './etc/cron*',
  './etc/logrotate.d/*',
  './lib/systemd/*',
  './usr/lib/systemd/*',
]

/**
 * One shell for all: starting a process costs more than unpacking a small package. Names are changed to those below
 * /usr, since following links could lead out of the directory: tar never extracts through one here.
 * Maintainer scripts are not in these tars.
 */
const script = `
set -eo pipefail
target=$1; merged=$2; shift 2
excludes=()
while [ "$1" != -- ]; do excludes+=("--exclude=$1"); shift; done
shift
for deb; do
  dpkg-deb --fsys-tarfile "$deb" |
    tar -x -C "$target" -p --numeric-owner --warning=no-timestamp "\${excludes[@]}" \\
      --transform="flags=rh;s,^\\./\\($merged\\)\\(/\\|$\\),./usr/\\1\\2,"
done`

export async function unpack(files: readonly string[], directory: string): Promise<void> {
  await runWell('bash', ['-c', script, 'unpack', directory, merged.join('\\|'), ...unwanted, '--', ...files])
  for (const name of merged) {
    if (existsSync(join(directory, 'usr', name))) await linkTo(join(directory, name), join('usr', name))
  }
  // Directories in base-files, which its scripts make into links.
  await linkTo(join(directory, 'var/run'), '../run')
  await linkTo(join(directory, 'var/lock'), '../run/lock')
}

async function linkTo(path: string, target: string): Promise<void> {
  await rm(path, {recursive: true, force: true})
  await symlink(target, path)
}
