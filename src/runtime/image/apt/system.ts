import {existsSync} from 'node:fs'
import {chmod, chown, mkdir, readdir, readFile, realpath, rm, symlink, writeFile} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {StackError} from '../../../base/error.ts'
import {run} from '../program.ts'
import type {Account, Fittings} from '../recipes/recipe.ts'

const nameServices =
  'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\nservices: files\nprotocols: files\n'

const directories: ReadonlyArray<readonly [string, number]> = [
  ['dev', 0o755],
  ['etc', 0o755],
  ['home', 0o755],
  ['proc', 0o555],
  ['root', 0o700],
  ['run', 0o755],
  ['run/lock', 0o1777],
  ['sys', 0o555],
  ['tmp', 0o1777],
  ['usr/local/bin', 0o755],
  ['var/log', 0o755],
  ['var/tmp', 0o1777],
]

/** What maintainer scripts would have linked: the name, and the program that stands for it. */
const alternatives: ReadonlyArray<readonly [string, string]> = [
  ['usr/bin/awk', 'mawk'],
  ['usr/bin/which', 'which.debianutils'],
]

/** What maintainer scripts would have done to the unpacked packages, as far as a container needs it; then the recipe's part. */
export async function furnish(root: string, fittings: Fittings): Promise<void> {
  await makeDirectories(root)
  await writeFile(join(root, 'etc/nsswitch.conf'), nameServices)
  await writeAccounts(root, fittings.accounts ?? [])
  await joinCertificates(root)
  for (const [path, to] of alternatives) {
    if (existsSync(join(root, dirname(path), to))) await link(join(root, path), to)
  }
  await addFittings(root, fittings)
  // Without a cache the loader searches its own directories, which is slower and right.
  await run('ldconfig', ['-r', root]).catch(() => undefined)
}

async function makeDirectories(root: string): Promise<void> {
  for (const [path, mode] of directories) {
    await mkdir(join(root, path), {recursive: true})
    await chmod(join(root, path), mode)
  }
}

/** The users that every Debian has, from its own list, and those of the recipe; no passwords, so no shadow file. */
async function writeAccounts(root: string, accounts: readonly Account[]): Promise<void> {
  const master = (name: string) => readFile(join(root, 'usr/share/base-passwd', name), 'utf8')
  const [passwd, group] = [await master('passwd.master'), await master('group.master')]
  const users = accounts.map(({name, id, home}) => `${name}:x:${id}:${id}::${home}:/bin/sh\n`)
  const groups = accounts.map(({name, id}) => `${name}:x:${id}:\n`)
  await writeFile(join(root, 'etc/passwd'), passwd.replaceAll(/^([^:]+):[^:]*:/gm, '$1:x:') + users.join(''))
  await writeFile(join(root, 'etc/group'), group.replaceAll(/^([^:]+):[^:]*:/gm, '$1:x:') + groups.join(''))
}

/** One file with all certificates, where curl, Python and OpenSSL look. */
async function joinCertificates(root: string): Promise<void> {
  const from = join(root, 'usr/share/ca-certificates/mozilla')
  if (!existsSync(from)) return
  const names = (await readdir(from)).filter(each => each.endsWith('.crt')).sort()
  const texts = await Promise.all(names.map(each => readFile(join(from, each), 'utf8')))
  await mkdir(join(root, 'etc/ssl/certs'), {recursive: true})
  await writeFile(join(root, 'etc/ssl/certs/ca-certificates.crt'), texts.join(''))
}

async function addFittings(root: string, {accounts = [], ...fittings}: Fittings): Promise<void> {
  for (const pattern of fittings.removed ?? []) await removeMatching(join(root, pattern))
  for (const {path, mode, owner} of fittings.directories ?? []) {
    await mkdir(join(root, path), {recursive: true})
    const id = accounts.find(each => each.name === owner)?.id ?? 0
    await chown(join(root, path), id, id)
    await chmod(join(root, path), mode)
  }
  for (const {path, mode, text} of fittings.files ?? []) await put(root, path, {mode, text})
  for (const {path, text} of fittings.additions ?? []) {
    const before = await readFile(await inside(root, path), 'utf8')
    await put(root, path, {mode: 0o644, text: before + text})
  }
  for (const {path, to} of fittings.links ?? []) await link(join(root, path), to)
}

async function put(root: string, path: string, {mode, text}: {mode: number; text: string}): Promise<void> {
  await mkdir(dirname(join(root, path)), {recursive: true})
  const target = await inside(root, path)
  await rm(target, {force: true})
  await writeFile(target, text, {mode, flag: 'wx'})
  await chmod(target, mode)
}

/** A package's absolute link must not lead a write out of the layer. */
async function inside(root: string, path: string): Promise<string> {
  const [directory, top] = [await realpath(dirname(join(root, path))), await realpath(root)]
  if (directory === top || directory.startsWith(`${top}/`)) return join(directory, basename(path))
  throw new StackError('image-failed', `${path} of the packages leads to ${directory}, outside of the image`)
}

async function link(path: string, to: string): Promise<void> {
  await rm(path, {force: true})
  await symlink(to, path)
}

async function removeMatching(pattern: string): Promise<void> {
  const [directory, name] = [dirname(pattern), basename(pattern)]
  const beginning = name.replace('*', '')
  const names = await readdir(directory).catch(() => [])
  for (const each of names.filter(other => (name.endsWith('*') ? other.startsWith(beginning) : other === name))) {
    await rm(join(directory, each), {recursive: true, force: true})
  }
}
