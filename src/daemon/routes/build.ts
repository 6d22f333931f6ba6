import {StackError} from '../../base/error.ts'
import {build} from '../../builder/build.ts'
import {fetchContext} from '../../builder/remote/context.ts'
import type {BuildEvent} from '../../builder/request.ts'
import {removeCaches} from '../../builder/stage/caches.ts'
import {isRemote} from '../../model/address.ts'
import {credentialsOfConfig} from '../../registry/auth.ts'
import {headerFor} from '../../registry/header.ts'
import type {Caches} from '../../runtime/image/caches.ts'
import type {Images} from '../../runtime/runtime.ts'
import {unpackContext} from '../build/archive.ts'
import {type BuildBody, requestOf, within} from '../build/body.ts'
import {addressesOf, fetched} from '../build/fetched.ts'
import {runnerOf} from '../build/run.ts'
import type {Daemon} from '../context.ts'
import {parseFilters, prunable} from '../filters.ts'
import {errorLine} from '../http/errors.ts'
import type {Reply, Request, Route} from '../http/router.ts'
import {headerOf} from './images.ts'

/** The content type of our own client's request: the context is a directory of this machine, and nothing is sent. */
const local = 'application/json'

export function buildRoutes(daemon: Daemon): Route[] {
  return [
    {method: 'POST', pattern: '/build', handle: (request, reply) => handle(daemon, request, reply)},
    {
      method: 'POST',
      pattern: '/build/prune',
      async handle(request, reply) {
        const filters = parseFilters(request.query.get('filters'))
        // A step has no labels.
        const isWanted = prunable(filters, Date.now(), ['dangling'])
        // Caches are what was used last.
        if (daemon.runtime.images.builds !== undefined && isWanted({created: Date.now(), labels: {}})) {
          await removeCaches(daemon.runtime.images.builds.directory)
        }
        const pruned = await daemon.runtime.images.builds?.prune(({created}) => isWanted({created, labels: {}}))
        reply.json(200, {CachesDeleted: pruned?.ids ?? [], SpaceReclaimed: pruned?.freed ?? 0})
      },
    },
  ]
}

async function handle(daemon: Daemon, request: Request, reply: Reply): Promise<void> {
  const {builds} = daemon.runtime.images
  if (builds === undefined) throw new StackError('unsupported', 'there is no store for images')
  const isLocal = request.raw.headers['content-type']?.startsWith(local) === true
  const remote = request.query.get('remote')
  const asked = isLocal ? await request.json<BuildBody>() : {Context: remote ?? ''}
  const isNearby = isLocal && [asked.Context, ...addressesOf(asked)].every(each => !isRemote(each))
  if (isNearby) return await built(daemon, {request, reply, body: asked, isForeign: false})
  // Nobody takes what is unpacked for left over.
  await builds.during(async () => {
    const workplace = await builds.workplace()
    try {
      const fetching = {builds: builds.directory, signal: reply.gone, agent: asked.Ssh?.default}
      const body = await fetched(asked, workplace.directory, async (address, into) => {
        if (address !== '') return await fetchContext(address, {...fetching, into})
        await unpackContext(request.raw, into)
        return into
      })
      const isForeign = body.Context !== asked.Context
      const name = request.query.get('dockerfile') || asked.Dockerfile || 'Dockerfile'
      if (isForeign && !within(body.Context, name)) {
        throw new StackError('bad-request', `the Dockerfile (${name}) must be within the build context`)
      }
      await built(daemon, {request, reply, body, isForeign})
    } finally {
      await workplace.remove()
    }
  })
}

type Asked = {readonly request: Request; readonly reply: Reply; readonly body: BuildBody; readonly isForeign: boolean}

/** Answers with a line of JSON for each thing that happens; one that fails says so in the last. */
async function built(daemon: Daemon, {request, reply, body, isForeign}: Asked): Promise<void> {
  const wanted = await requestOf(request.query, body, isForeign)
  const {images, paths} = daemon.runtime
  const quiet = ['1', 'true'].includes(request.query.get('q') ?? '')
  const out = reply.stream(200, 'application/json')
  const tell = (line: object) => void (out.writable && out.write(`${JSON.stringify(line)}\n`))
  try {
    const image = await build(
      wanted,
      {images: asUser(images, request), runDirectory: paths.run, run: runnerOf(daemon)},
      {report: event => (quiet ? undefined : tell(lineOf(event))), signal: reply.gone},
    )
    for (const name of wanted.tags) daemon.events.tell('image', 'tag', image.id, {name})
    tell({aux: {ID: image.id}})
    tell({stream: quiet ? `${image.id}\n` : `Successfully built ${image.id.slice(7, 19)}\n`})
    if (!quiet) for (const name of wanted.tags) tell({stream: `Successfully tagged ${name}\n`})
  } catch (error) {
    tell(errorLine(error))
  } finally {
    out.end()
  }
}

/** Base images are fetched with the credentials that came with the request, where there are any. */
function asUser(images: Images, request: Request): Images {
  const credentials = credentialsOfConfig(headerOf(request, 'x-registry-config'))
  const {caches} = images
  return {
    ...images,
    pull: async (reference, progress, options) =>
      await images.pull(reference, progress, {auth: await headerFor(reference, credentials), ...options}),
    ...(caches === undefined ? {} : {caches: cachesAs(caches, reference => headerFor(reference, credentials))}),
  }
}

const cachesAs = (caches: Caches, auth: (reference: string) => Promise<string | undefined>): Caches => ({
  open: async (reference, options) => await caches.open(reference, {...options, auth: await auth(reference)}),
  push: async (reference, map, layers, options) =>
    await caches.push(reference, map, layers, {...options, auth: await auth(reference)}),
})

/** `stackStep` is for our own client; others read `stream`. */
function lineOf(event: BuildEvent): object {
  const {step} = event
  if (event.kind === 'begin') return {stream: `${step}\n`, stackStep: {step, state: 'begin'}}
  if (event.kind === 'cached') return {stream: ' ---> Using cache\n', stackStep: {step, state: 'cached'}}
  if (event.kind === 'output') return {stream: `${event.line}\n`, stackStep: {step, line: event.line}}
  return {stream: '', stackStep: {step, state: 'done', milliseconds: event.milliseconds}}
}
