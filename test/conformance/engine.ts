import {PassThrough} from 'node:stream'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {deferred} from '../../src/base/deferred.ts'
import type {
  ActualContainer,
  ContainerSpec,
  Engine,
  EngineEvent,
  LogOptions,
  NetworkSpec,
  Streams,
} from '../../src/engine/engine.ts'
import type {FileObject, Service} from '../../src/model/project.ts'
import {containerSpec} from '../../src/plan/container-spec.ts'
import {project as projectOf, service} from '../support/project.ts'

export type Subject = {
  /** A fresh engine, or a connection to one. */
  readonly open: () => Promise<Engine>
  /** Has true, false, echo, sleep, cat and sh. */
  readonly image: string
  readonly project: string
  /** Programs really run. */
  readonly hasKernel: boolean
}

const patience = 10_000

/** What every engine must do, whatever it is: run against memory, our daemon, Docker. */
export function engineContract(name: string, {open, image, project, hasKernel}: Subject): void {
  describe(`the engine ${name}`, () => {
    let engine: Engine
    const made: string[] = []
    const networkSpec: NetworkSpec = {
      ...{name: `${project}_default`, driver: 'bridge', driverOptions: {}, internal: false, attachable: false},
      ...{enableIpv6: false, ipam: [], labels: {'com.docker.compose.project': project}},
    }

    const specOf = (each: string, more: Partial<Service> = {}): ContainerSpec => {
      const whole = service(each, {image, ...more})
      const networks = {default: {key: 'default', external: false, ...networkSpec}}
      return containerSpec(projectOf([whole], {name: project, networks}), whole, 1)
    }
    const create = async (each: string, more: Partial<Service> = {}): Promise<string> => {
      const id = await engine.createContainer(specOf(each, more))
      made.push(id)
      return id
    }
    const inspect = async (id: string): Promise<ActualContainer> => {
      const found = await engine.inspectContainer(id)
      if (found === undefined) throw new Error(`container ${id} is gone`)
      return found
    }
    const logOf = async (id: string, options: LogOptions = {}): Promise<string> => {
      let text = ''
      for await (const {data} of engine.logs(id, options)) text += Buffer.from(data).toString()
      return text
    }
    /** Does something and gives the first event of a kind about the container. */
    const eventAfter = async (action: string, id: string, act: () => Promise<unknown>): Promise<EngineEvent> => {
      const controller = new AbortController()
      const timer = setTimeout(() => controller.abort(), patience)
      const events = engine.events(project, controller.signal)
      try {
        await act()
        for await (const event of events) if (event.action === action && event.container === id) return event
        throw new Error(`no event ${action} within ${patience} ms`)
      } finally {
        clearTimeout(timer)
        controller.abort()
      }
    }

    beforeAll(async () => {
      engine = await open()
      await engine.ensureImage(image, 'missing')
      await engine.createNetwork(networkSpec)
    }, 60_000)

    afterAll(async () => {
      for (const id of made) await engine.removeContainer(id, {force: true, volumes: true})
      const {networks} = await engine.observe(project)
      for (const each of networks) if (each.name === networkSpec.name) await engine.removeNetwork(each.id)
      await engine.close()
    }, 60_000)

    test('says its version', async () => {
      expect((await engine.version()).apiVersion).toMatch(/^1\.\d+$/)
    })

    test('an image is listed, gets another name and loses it', async context => {
      const {library} = engine
      if (library === undefined) return context.skip('it keeps no images')
      await engine.ensureImage(image, 'missing')
      const id = (await engine.findImage(image))!.id
      await library.tag(image, 'contract/tagged:1')
      expect((await engine.findImage('contract/tagged:1'))?.id).toBe(id)
      const [listed] = await library.list({reference: ['contract/tagged']})
      expect(listed).toMatchObject({id, tags: expect.arrayContaining(['contract/tagged:1'])})
      expect(await library.inspect('contract/tagged:1')).toMatchObject({Id: id, Os: 'linux'})
      expect((await library.history(image)).length).toBeGreaterThan(0)
      const gone = await library.remove('contract/tagged:1', {force: false})
      expect(gone).toEqual([{kind: 'untagged', name: 'contract/tagged:1'}])
      expect(await engine.findImage('contract/tagged:1')).toBeUndefined()
      for (const asked of [
        () => library.tag('nonesuch.invalid/none:1', 'contract/tagged:1'),
        () => library.remove('nonesuch.invalid/none:1', {force: false}),
        () => library.inspect('nonesuch.invalid/none:1'),
        () => library.push('nonesuch.invalid/none:1', () => undefined),
      ]) {
        await expect(asked()).rejects.toMatchObject({code: 'image-not-found'})
      }
    })

    test('what takes place is known, and prunes heed their filters', async context => {
      const {upkeep} = engine
      if (upkeep === undefined) return context.skip('it keeps nothing on a disk')
      await engine.ensureImage(image, 'missing')
      const {id} = (await engine.findImage(image))!
      const usage = await upkeep.usage()
      expect(usage.images.find(each => each.id === id)?.size).toBeGreaterThanOrEqual(0)
      expect(usage.layersSize).toBeGreaterThan(0)
      for (const kind of ['containers', 'networks', 'volumes', 'images', 'build'] as const) {
        const filters = kind === 'build' ? {until: ['1000h']} : {label: ['nobody.has.this']}
        expect(await upkeep.prune(kind, filters)).toEqual({removed: [], freed: 0})
      }
      await expect(upkeep.prune('images', {colour: ['red']})).rejects.toMatchObject({code: 'bad-request'})
    })

    test('an image that is here is found with its id, another is not', async () => {
      expect((await engine.findImage(image))?.id).toMatch(/^sha256:[0-9a-f]+$/)
      expect(await engine.findImage('nonesuch.invalid/none:1')).toBeUndefined()
      await engine.removeImage('nonesuch.invalid/none:1')
      await expect(engine.ensureImage('nonesuch.invalid/none:1', 'never')).rejects.toMatchObject({
        code: 'image-not-found',
      })
    })

    test('a created container is observed as it was asked for', async () => {
      const id = await create('made', {labels: {colour: 'red'}})
      const {containers, networks} = await engine.observe(project)
      const found = containers.find(each => each.id === id)
      expect(found).toMatchObject({
        name: `${project}-made-1`,
        service: 'made',
        number: 1,
        status: 'created',
        health: 'none',
        oneoff: false,
        image,
      })
      expect(found?.labels.colour).toBe('red')
      expect(found?.configHash).toMatch(/^[0-9a-f]{64}$/)
      expect(found?.imageId).toBe((await engine.findImage(image))?.id)
      expect(Object.keys(found?.networks ?? {})).toEqual([networkSpec.name])
      expect(networks.map(each => each.name)).toContain(networkSpec.name)
      expect((await engine.observeAll()).map(each => each.id)).toContain(id)
    })

    test('the list and the inspection of a container agree', async () => {
      const id = await create('same', {ports: [{target: 80, protocol: 'tcp'}]})
      await engine.startContainer(id)
      const listed = (await engine.observe(project)).containers.find(each => each.id === id)!
      const {startedAt: _, created: __, ...inspected} = await inspect(id)
      const {startedAt, created, ...inList} = listed
      expect(inList).toEqual(inspected)
      expect(inspected.status).toBe('running')
      expect(inspected.ports[0]?.published).toBeGreaterThan(0)
    })

    test('what a container has used is told', async () => {
      const id = await create('busy')
      await engine.startContainer(id)
      const {at, cpu, memory, received, sent} = await engine.usage(id)
      if (hasKernel) {
        expect(at).toBeGreaterThan(0)
        expect(cpu).toBeGreaterThan(0)
        expect(memory).toBeGreaterThan(0)
      }
      expect([received, sent].every(each => each >= 0)).toBe(true)
      await expect(engine.usage('0'.repeat(64))).rejects.toMatchObject({code: 'not-found'})
    })

    test('starting what runs and stopping what does not is no error', async () => {
      const id = await create('twice')
      await engine.stopContainer(id, {grace: 0})
      await engine.startContainer(id)
      await engine.startContainer(id)
      expect((await inspect(id)).status).toBe('running')
      await engine.stopContainer(id, {grace: 0})
      await engine.stopContainer(id, {grace: 0})
      expect((await inspect(id)).status).toBe('exited')
    })

    test('a program that ends tells its code by an event and in both views', async () => {
      const id = await create('failing', {command: ['sh', '-c', 'exit 3']})
      const event = await eventAfter('die', id, () => engine.startContainer(id))
      expect(event).toMatchObject({exitCode: 3, service: 'failing', number: 1, name: `${project}-failing-1`})
      expect(await inspect(id)).toMatchObject({status: 'exited', exitCode: 3})
      expect((await engine.observe(project)).containers.find(each => each.id === id)).toMatchObject({
        status: 'exited',
        exitCode: 3,
      })
    })

    test('a health check that succeeds makes it healthy, one that fails unhealthy', async () => {
      const probe = (command: string) => ({
        disable: false,
        test: ['CMD', command],
        interval: 100,
        startInterval: 100,
        retries: 1,
      })
      const well = await create('well', {healthcheck: probe('true')})
      expect(await eventAfter('health_status', well, () => engine.startContainer(well))).toMatchObject({
        health: 'healthy',
      })
      expect((await inspect(well)).health).toBe('healthy')
      expect((await engine.observe(project)).containers.find(each => each.id === well)?.health).toBe('healthy')
      const ill = await create('ill', {healthcheck: probe('false')})
      expect(await eventAfter('health_status', ill, () => engine.startContainer(ill))).toMatchObject({
        health: 'unhealthy',
      })
    })

    test('a program that is not there is named', async () => {
      const id = await create('missing', {command: ['/nonesuch/program']})
      await expect(engine.startContainer(id)).rejects.toMatchObject({code: 'program-not-found'})
    })

    test('an image that is not here cannot be run', async () => {
      await expect(create('imageless', {image: 'nonesuch.invalid/none:1'})).rejects.toMatchObject({
        code: 'image-not-found',
      })
    })

    test('a name is used once', async () => {
      await create('unique')
      await expect(create('unique')).rejects.toMatchObject({code: 'conflict'})
    })

    test('a renamed container is found under its new name', async () => {
      const id = await create('before')
      await engine.renameContainer(id, `${project}-after-1`)
      expect((await inspect(id)).name).toBe(`${project}-after-1`)
    })

    test('what runs is removed only by force, and what is gone is gone', async () => {
      const id = await create('stubborn')
      await engine.startContainer(id)
      await expect(engine.removeContainer(id, {})).rejects.toMatchObject({code: 'conflict'})
      await engine.removeContainer(id, {force: true})
      await engine.removeContainer(id, {force: true})
      expect(await engine.inspectContainer(id)).toBeUndefined()
    })

    test('a killed container has the code of its signal', async () => {
      const id = await create('killed')
      await engine.startContainer(id)
      await eventAfter('die', id, () => engine.killContainer(id, 'SIGKILL'))
      expect(await inspect(id)).toMatchObject({status: 'exited', exitCode: 137})
      await expect(engine.killContainer(id, 'SIGKILL')).rejects.toMatchObject({code: 'conflict'})
    })

    test('a paused container says so and goes on', async () => {
      const id = await create('paused')
      await engine.startContainer(id)
      await engine.pauseContainer(id)
      expect((await inspect(id)).status).toBe('paused')
      await engine.unpauseContainer(id)
      expect((await inspect(id)).status).toBe('running')
    })

    test('a volume stays until it is removed; an anonymous one may go with its container', async () => {
      await engine.createVolume({name: `${project}_data`, driver: 'local', driverOptions: {}, labels: {kind: 'test'}})
      const {volumes} = await engine.observe(project)
      expect(volumes.find(each => each.name === `${project}_data`)?.labels).toMatchObject({kind: 'test'})
      const id = await create('owner', {mounts: [{type: 'volume', target: '/data', readOnly: false, nocopy: false}]})
      const anonymous = (await inspect(id)).mountedVolumes?.['/data']
      expect(anonymous).toMatch(/^[0-9a-f]{64}$/)
      await engine.removeContainer(id, {volumes: true})
      await engine.removeVolume(`${project}_data`)
      await engine.removeVolume(`${project}_data`)
      const left = (await engine.observe(project)).volumes.map(each => each.name)
      expect(left).not.toContain(anonymous)
      expect(left).not.toContain(`${project}_data`)
    })

    test('a network in use cannot be removed', async () => {
      const id = await create('attached')
      await engine.startContainer(id)
      const network = (await engine.observe(project)).networks.find(each => each.name === networkSpec.name)!
      await expect(engine.removeNetwork(network.id)).rejects.toMatchObject({code: 'conflict'})
    })

    test('what a program writes is in its log', async () => {
      const id = await create('talking', {command: ['echo', 'hello', 'there']})
      await eventAfter('die', id, () => engine.startContainer(id))
      expect(await logOf(id)).toBe('hello there\n')
      expect(await logOf(id, {tail: 0})).toBe('')
      expect(await logOf(id, {follow: true})).toBe('hello there\n')
    })

    test('following a log ends when it is cancelled', async () => {
      const id = await create('silent')
      await engine.startContainer(id)
      const controller = new AbortController()
      const ended = deferred<void>()
      const follow = async () => {
        for await (const _ of engine.logs(id, {follow: true, signal: controller.signal})) expect.unreachable()
      }
      follow().then(ended.resolve, ended.reject)
      controller.abort()
      await ended.promise
    })

    test('a command in a container gives its output and its code', async () => {
      const id = await create('host')
      await engine.startContainer(id)
      const run = async (...command: string[]) => {
        const out = new PassThrough()
        const streams: Streams = {stdout: out, stderr: new PassThrough()}
        const code = await engine.exec(id, {command, tty: false, stdin: false}, streams)
        return {code, text: String(out.read() ?? '')}
      }
      expect(await run('echo', 'from', 'inside')).toEqual({code: 0, text: 'from inside\n'})
      expect((await run('sh', '-c', 'exit 7')).code).toBe(7)
      // Docker 20 says 126 also for what is not there.
      expect([126, 127]).toContain((await run('/nonesuch/program')).code)
      await engine.stopContainer(id, {grace: 0})
      await expect(run('true')).rejects.toMatchObject({code: 'conflict'})
    })

    describe.runIf(hasKernel)('with a kernel', () => {
      test('configs and secrets are there when the program starts, with their owner and mode', async () => {
        const grant = {source: 'motd', target: '/etc/motd.test', uid: '12', gid: '34', mode: 0o640}
        const motd: FileObject = {
          key: 'motd',
          name: 'motd',
          origin: {from: 'content'},
          content: Buffer.from('good day\n'),
          labels: {},
        }
        const whole = service('reader', {
          image,
          configs: [grant],
          command: ['sh', '-c', 'cat /etc/motd.test; ls -ln /etc/motd.test'],
          networkMode: 'none',
          networks: {},
        })
        const id = await engine.createContainer(
          containerSpec(projectOf([whole], {name: project, configs: {motd}}), whole, 1),
        )
        made.push(id)
        await eventAfter('die', id, () => engine.startContainer(id))
        expect(await logOf(id)).toMatch(/^good day\n-rw-r-----\S* +1 12 +34 /)
      })

      test('a container is on all of its networks', async () => {
        const second = {...networkSpec, name: `${project}_second`}
        await engine.createNetwork(second)
        const spec = specOf('between')
        const id = await engine.createContainer({
          ...spec,
          networks: [...spec.networks, {name: second.name, aliases: ['other']}],
        })
        await engine.startContainer(id)
        const {networks} = await inspect(id)
        expect(Object.keys(networks).sort()).toEqual([networkSpec.name, second.name].sort())
        expect(Object.values(networks).every(address => /^\d+(\.\d+){3}$/.test(address))).toBe(true)
        await engine.removeContainer(id, {force: true})
        const found = (await engine.observe(project)).networks.find(each => each.name === second.name)
        await engine.removeNetwork(found!.id)
      })

      test('a command reads what it is given until that ends, and then says the rest', async () => {
        const id = await create('filter')
        await engine.startContainer(id)
        const out = new PassThrough()
        const stdin = new PassThrough()
        stdin.end('some input\n')
        const streams = {stdin, stdout: out, stderr: new PassThrough()}
        const command = ['sh', '-c', 'cat; echo end']
        expect(await engine.exec(id, {command, tty: false, stdin: true}, streams)).toBe(0)
        expect(String(out.read())).toBe('some input\nend\n')
      })

      test('a command on a terminal has one, of our size', async () => {
        const id = await create('terminal')
        await engine.startContainer(id)
        const out = new PassThrough()
        const streams = {stdout: out, stderr: new PassThrough(), size: () => ({rows: 31, columns: 97})}
        const command = ['sh', '-c', '[ -t 0 ] && [ -t 1 ] && echo yes']
        expect(await engine.exec(id, {command, tty: true, stdin: false}, streams)).toBe(0)
        expect(String(out.read())).toBe('yes\r\n')
      })

      test('standard output and standard error are kept apart', async () => {
        const id = await create('both', {command: ['sh', '-c', 'echo out; echo err >&2']})
        await eventAfter('die', id, () => engine.startContainer(id))
        const said = {stdout: '', stderr: ''}
        for await (const {stream, data} of engine.logs(id, {})) said[stream] += Buffer.from(data).toString()
        expect(said).toEqual({stdout: 'out\n', stderr: 'err\n'})
      })
    })
  })
}
