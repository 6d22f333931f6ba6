import {execFileSync} from 'node:child_process'
import {createReadStream, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, type TestContext, test} from 'vitest'
import {dockerRegistry} from '../../support/docker-registry.ts'
import {needs} from '../../support/needs.ts'
import {imageOf, writeLayout} from '../../support/oci.ts'
import {tarOf} from '../../support/tar.ts'
import {treeOf, treeOfImage} from '../../support/tree.ts'
import {throwawayStore} from './support.ts'

let base: string
let host: string
let close: () => Promise<void>
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'stack-opinions-'))
})
afterEach(async () => {
  await close?.()
  rmSync(base, {recursive: true, force: true})
})

async function registryFor(context: TestContext, ...tools: string[]): Promise<void> {
  needs(context, 'root', 'docker-registry', 'skopeo', 'umoci', 'python3', ...tools)
  ;({host, close} = await dockerRegistry())
}

const environment = () => ({...process.env, HOME: base, TMPDIR: base, XDG_RUNTIME_DIR: join(base, 'run')})
const run = (command: string, ...words: string[]): string =>
  execFileSync(command, words, {encoding: 'utf8', env: environment(), stdio: ['ignore', 'pipe', 'pipe']}).trim()
const shell = (script: string, ...words: string[]): string => run('sh', '-ec', script, 'sh', ...words)

/** What skopeo knows of an image of the registry. */
function inspected(name: string) {
  const raw = execFileSync('skopeo', ['inspect', '--raw', '--tls-verify=false', `docker://${name}`])
  const digest = run('skopeo', 'inspect', '--format', '{{.Digest}}', '--tls-verify=false', `docker://${name}`)
  return {digest, manifest: JSON.parse(raw.toString('utf8'))}
}

/** The tree that umoci makes of an image of the registry, which skopeo fetches. */
function unpackedByUmoci(name: string): string[] {
  const [layout, bundle] = [join(base, 'umoci'), join(base, 'bundle')]
  run('skopeo', 'copy', '-q', '--src-tls-verify=false', `docker://${name}`, `oci:${layout}:it`)
  run('umoci', 'unpack', '--image', `${layout}:it`, bundle)
  return treeOf(join(bundle, 'rootfs'))
}

/** Ours against the others': the same digests, and the same tree. */
async function agreed(name: string): Promise<string[]> {
  await using store = await throwawayStore()
  const image = await store.pull(name)
  const {digest, manifest} = inspected(name)
  expect(image.digests?.[0]).toBe(`${name.replace(/:[^:/]*$/, '')}@${digest}`)
  expect(image.oci?.manifest.digest).toBe(digest)
  expect(image.id).toBe(manifest.config.digest)
  expect(image.oci?.layers.map(each => each.digest)).toEqual(
    manifest.layers.map((each: {digest: string}) => each.digest),
  )
  const ours = treeOfImage(image)
  expect(ours).toEqual(unpackedByUmoci(name))
  return ours
}

/** Everything that a layer can have, in the directory `$1`. */
const content = `
cd "$1"
mkdir -p bin etc var/lib/app shared only/here 'with space/é'
printf program > bin/su && chown 3:4 bin/su && chmod 4755 bin/su && touch -d '2001-02-03 04:05:06.789012345 UTC' bin/su
ln bin/su bin/hard && ln -s su bin/soft && ln -s /nowhere bin/dangling && chown -h 7:8 bin/soft
printf secret > etc/shadow && chown 0:42 etc/shadow && chmod 640 etc/shadow
mkfifo -m 600 var/pipe && mknod -m 666 var/null c 1 3 && mknod -m 660 var/disk b 259 300
dd if=/dev/zero of=var/sparse bs=1 count=1 seek=3000000 2>/dev/null
printf x > 'with space/é/ü' && printf same > shared/one && ln shared/one shared/two
printf gone > var/lib/app/gone && printf stays > var/lib/app/stays && printf old > only/here/old
chmod 1777 shared && chown 4000000000:3000000000 only && chmod 2750 only/here
python3 -c "import os; os.setxattr('bin/su', 'security.capability', bytes.fromhex('0100000200f4ff8000000000ffffffff00000000'))"
touch -d '1999-12-31 23:59:59.5 UTC' etc only/here only shared bin
`

/** What a second layer changes of it. */
const changes = `
cd "$1"
rm var/lib/app/gone && rm -r only/here && mkdir only/here && printf new > only/here/new
rm -r shared && printf 'a file now' > shared
ln bin/su bin/another && chmod 600 etc/shadow && mv var/pipe var/moved
`

test('an image by buildah, of two layers, with everything that a layer can have', async context => {
  await registryFor(context, 'buildah')
  const script = `
    alias buildah='buildah --storage-driver vfs --root ${base}/root --runroot ${base}/run'
    one=$(buildah from scratch)
    ( ${content.replace('"$1"', '"$(buildah mount $one)"')} )
    buildah config --entrypoint '["/bin/su"]' --env A=b --label c=d $one
    buildah commit -q $one first >&2
    two=$(buildah from --pull-never first)
    ( ${changes.replace('"$1"', '"$(buildah mount $two)"')} )
    buildah commit -q $two second >&2
    buildah push -q --tls-verify=false second docker://${host}/made/buildah:1 >&2
    buildah rm -a >&2`
  shell(script)
  const tree = await agreed(`${host}/made/buildah:1`)
  expect(tree.join('\n')).toMatch(
    /^bin\/su -rwsr-xr-x 3:4 981173106\d+ 7 \S+ = bin\/hard security\.capability=01000002/m,
  )
  expect(tree.filter(each => each.startsWith('only/here/')).map(each => each.split(' ')[0])).toEqual(['only/here/new'])
})

test('an image by umoci, which hides and replaces what is below', async context => {
  await registryFor(context)
  const script = `
    cd ${base}
    umoci init --layout made && umoci new --image made:it
    umoci unpack --image made:it work
    ( ${content.replace('"$1"', 'work/rootfs')} )
    umoci repack --image made:it work
    rm -r work && umoci unpack --image made:it work
    ( ${changes.replace('"$1"', 'work/rootfs')} )
    umoci repack --image made:it work
    skopeo copy -q --dest-tls-verify=false oci:made:it docker://${host}/made/umoci:1`
  shell(script)
  await agreed(`${host}/made/umoci:1`)
})

test('zstd layers, pushed by us and read back by skopeo', async context => {
  await registryFor(context, 'zstd')
  const plain = [tarOf({name: 'file', data: 'content'.repeat(10_000)}), tarOf({name: 'file', data: 'other'})]
  const image = imageOf(plain)
  const stored = plain.map(each => execFileSync('zstd', ['-q', '-c'], {input: each}))
  const layout = join(base, 'layout')
  const layers = plain.map((each, index) => ({plain: each, stored: stored[index]!}))
  writeLayout(layout, {...image, layers}, 'application/vnd.oci.image.layer.v1.tar+zstd')
  const name = `${host}/made/zstd:1`
  await using store = await throwawayStore()
  const loaded = await store.pull(`oci-layout://${layout}`)
  await store.images.tag(loaded.id, name)
  const {digest} = await store.images.push(name, () => undefined)
  const seen = inspected(name)
  expect(seen.digest).toBe(digest)
  expect(seen.manifest.layers.map((each: {mediaType: string}) => each.mediaType)).toEqual(
    Array(2).fill('application/vnd.oci.image.layer.v1.tar+zstd'),
  )
  run('skopeo', 'copy', '-q', '--src-tls-verify=false', `docker://${name}`, `dir:${join(base, 'copied')}`)
  for (const [index, {digest: layer}] of seen.manifest.layers.entries()) {
    expect(readFileSync(join(base, 'copied', layer.slice(7))).equals(stored[index]!)).toBe(true)
  }
  await using other = await throwawayStore()
  const pulled = await other.pull(name)
  expect(pulled.id).toBe(image.id)
  expect(treeOfImage(pulled).filter(each => each.startsWith('file'))).toEqual([expect.stringContaining(' 5 ')])
})

test('what we push reads back with the same digests, and what skopeo copies away is that image', async context => {
  await registryFor(context)
  const image = imageOf([tarOf({name: 'a', data: '1', mode: 0o4711, uid: 9}), tarOf({name: '.wh.a'}, {name: 'b'})], {
    Cmd: ['x'],
    Labels: {from: 'us'},
  })
  writeLayout(join(base, 'layout'), image)
  await using store = await throwawayStore()
  const name = `${host}/ours:1`
  const {id} = await store.pull(`oci-layout://${join(base, 'layout')}`)
  await store.images.tag(id, name)
  const {digest} = await store.images.push(name, () => undefined)
  expect(inspected(name)).toMatchObject({digest, manifest: {config: {digest: image.id}}})
  const told = JSON.parse(run('skopeo', 'inspect', '--config', '--tls-verify=false', `docker://${name}`))
  expect(told).toMatchObject({config: {Cmd: ['x'], Labels: {from: 'us'}}})
  run('skopeo', 'copy', '-q', '--src-tls-verify=false', `docker://${name}`, `oci:${join(base, 'copied')}:it`)
  await using other = await throwawayStore()
  expect((await other.pull(`oci-layout://${join(base, 'copied')}`)).id).toBe(image.id)
  await agreed(name)
})

test('what docker save writes of a container that was changed', async context => {
  await registryFor(context, 'docker', 'dockerd')
  type Docker = {docker: (...words: string[]) => string; stop(): Promise<void>}
  const peers = (await import('../../bench/peers.mjs' as string)) as {dockerd(): Promise<Docker>}
  const {docker, stop} = await peers.dockerd()
  try {
    const change = 'rm /bin/cat; echo x > /made; mkdir /d; echo y > /d/y'
    docker('run', ...['--name', 'changed', '--network', 'none', 'bench'], 'sh', '-c', change)
    docker('commit', '-c', 'ENV A=b', '-c', 'USER 7', 'changed', 'changed:1')
    docker('save', '-o', join(base, 'saved.tar'), 'changed:1')
  } finally {
    await stop()
    rmSync('/run/bench', {recursive: true, force: true})
  }
  const name = `${host}/made/docker:1`
  run(
    'skopeo',
    'copy',
    '-q',
    '--dest-tls-verify=false',
    `docker-archive:${join(base, 'saved.tar')}`,
    `docker://${name}`,
  )
  await using store = await throwawayStore()
  const [loaded] = await store.images.import(createReadStream(join(base, 'saved.tar')))
  expect(loaded?.image).toMatchObject({references: ['changed:1'], config: {env: ['A=b'], user: '7'}})
  const tree = treeOfImage(loaded!.image)
  expect(tree).toEqual(unpackedByUmoci(name))
  expect(tree.some(each => each.startsWith('bin/cat '))).toBe(false)
  rmSync(join(base, 'umoci'), {recursive: true})
  rmSync(join(base, 'bundle'), {recursive: true})
  await agreed(name)
})
