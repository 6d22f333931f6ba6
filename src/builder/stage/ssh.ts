import {spawn} from 'node:child_process'
import {stat} from 'node:fs/promises'
import {connect, createServer} from 'node:net'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {StackError} from '../../base/error.ts'
import {run} from '../../runtime/image/program.ts'
import {failureAt} from '../failure.ts'
import {type Given, isTrue, targetOf, type Undo, type WantedMount} from './given.ts'
import {memory, owned} from './secrets.ts'

/** The agent of whoever builds: a socket of ours that leads there while the program runs. Keys stay where they are. */
export async function ssh(given: Given): Promise<WantedMount | undefined> {
  const {options, context, mount, instruction} = given
  const id = options.get('id') ?? 'default'
  const wanted = context.request.ssh[id]
  if (wanted === undefined) {
    if (!isTrue(options, 'required')) return undefined
    throw failureAt(mount.at, `there are no keys by ssh for "${id}"`, {
      hint: `say so: build: {ssh: [${id}]}, or --ssh ${id}`,
    })
  }
  const index = instruction.mounts.filter(each => each.type === 'ssh').indexOf(mount)
  const target = options.has('target') ? targetOf(given) : `/run/stack/ssh_agent.${index}`
  return {
    identity: {type: 'ssh', id, target},
    async take(undo) {
      const directory = await memory(context, undo)
      const agent = await agentOf(wanted, directory, undo)
      const source = join(directory, 'agent')
      await led(source, agent, undo)
      await owned(source, given, '600')
      const env = index === 0 ? [`SSH_AUTH_SOCK=${target}`] : []
      return {env, mounts: [{type: 'bind', source, target, readOnly: false}]}
    },
  }
}

/** The socket itself, or that of an agent of our own for a key. */
async function agentOf(path: string, directory: string, undo: Undo): Promise<string> {
  const stats = await stat(path).catch(() => undefined)
  if (stats === undefined) throw new StackError('not-found', `there is no key and no agent at ${path}`)
  if (stats.isSocket()) return path
  const socket = join(directory, 'own')
  const child = spawn('ssh-agent', ['-D', '-a', socket], {stdio: 'ignore'})
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  failed.catch(() => undefined)
  undo.push(() => child.kill('SIGKILL'))
  await Promise.race([failed, begun(socket)]).catch(cause => {
    throw new StackError('unsupported', 'a key needs the program ssh-agent', {
      hint: 'name the socket of an agent',
      cause,
    })
  })
  const added = await run('ssh-add', ['-q', path], {env: {SSH_AUTH_SOCK: socket, SSH_ASKPASS_REQUIRE: 'never'}})
  if (added.status === 0) return socket
  throw new StackError('bad-request', `ssh-add does not take ${path}: ${added.stderr.trim().split('\n').at(-1)}`)
}

async function begun(socket: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await stat(socket).catch(() => undefined)) !== undefined) return
    await delay(10)
  }
  throw new Error('it does not begin')
}

async function led(path: string, to: string, undo: Undo): Promise<void> {
  const open = new Set<{destroy(): unknown}>()
  const server = createServer(near => {
    const far = connect(to)
    for (const each of [near, far]) open.add(each.on('error', () => undefined).on('close', () => open.delete(each)))
    near.pipe(far).pipe(near)
  })
  undo.push(() => {
    server.close()
    for (const each of open) each.destroy()
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve))
}
