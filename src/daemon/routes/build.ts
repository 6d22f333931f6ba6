import {StackError} from '../../base/error.ts'
import {build} from '../../builder/build.ts'
import type {BuildEvent} from '../../builder/request.ts'
import {credentialsOfConfig} from '../../registry/auth.ts'
import {headerFor} from '../../registry/header.ts'
import type {Images} from '../../runtime/runtime.ts'
import {unpackContext} from '../build/archive.ts'
import {type BuildBody, requestOf, within} from '../build/body.ts'
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
        const pruned = await daemon.runtime.images.builds?.prune(({created}) => isWanted({created, labels: {}}))
        reply.json(200, {CachesDeleted: pruned?.ids ?? [], SpaceReclaimed: pruned?.freed ?? 0})
      },
    },
  ]
}

async function handle(daemon: Daemon, request: Request, reply: Reply): Promise<void> {
  if (request.raw.headers['content-type']?.startsWith(local)) {
    return await built(daemon, {request, reply, body: await request.json<BuildBody>()})
  }
  const {builds} = daemon.runtime.images
  if (builds === undefined) throw new StackError('unsupported', 'there is no store for images')
  const workplace = await builds.workplace()
  try {
    const name = request.query.get('dockerfile') || 'Dockerfile'
    if (!within(workplace.directory, name)) {
      throw new StackError('bad-request', `the Dockerfile (${name}) must be within the build context`)
    }
    await unpackContext(request.raw, workplace.directory)
    await built(daemon, {request, reply, body: {Context: workplace.directory}})
  } finally {
    await workplace.remove()
  }
}

type Asked = {readonly request: Request; readonly reply: Reply; readonly body: BuildBody}

/** Answers with a line of JSON for each thing that happens; one that fails says so in the last. */
async function built(daemon: Daemon, {request, reply, body}: Asked): Promise<void> {
  const wanted = await requestOf(request.query, body)
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
  return {
    ...images,
    pull: async (reference, progress, options) =>
      await images.pull(reference, progress, {auth: await headerFor(reference, credentials), ...options}),
  }
}

/** `stackStep` is for our own client; others read `stream`. */
function lineOf(event: BuildEvent): object {
  const {step} = event
  if (event.kind === 'begin') return {stream: `${step}\n`, stackStep: {step, state: 'begin'}}
  if (event.kind === 'cached') return {stream: ' ---> Using cache\n', stackStep: {step, state: 'cached'}}
  if (event.kind === 'output') return {stream: `${event.line}\n`, stackStep: {step, line: event.line}}
  return {stream: '', stackStep: {step, state: 'done', milliseconds: event.milliseconds}}
}
