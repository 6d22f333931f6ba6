import {once} from 'node:events'
import {describe, expect, test} from 'vitest'
import {processes, rows, states} from '../../support/observed.ts'
import {projects} from '../../support/projects.ts'
import {collect, eventually, Workplace} from '../../support/stack.ts'

const project = projects()
const sh = (here: Workplace, service: string, line: string) => here.stack('exec', '-T', service, 'sh', '-c', line)
const linesOf = (text: string): string[] => text.split('\n').filter(Boolean)

/** Hooks write into /log of a volume, so that it can be read when the container has gone. */
const told = `name: told
services:
  web:
    image: host://
    environment: {COLOUR: red}
    command: sh -c 'echo started >> /log/all; trap "echo asked >> /log/all; exit 0" TERM; while :; do sleep 0.05; done'
    volumes: ["log:/log"]
    post_start:
      - command: sh -c 'echo "first $$COLOUR $$MORE $$(pwd) $$(id -u)" | tee -a /log/all'
        user: "33:33"
        working_dir: /log
        environment: {MORE: here}
      - command: [sh, -c, 'echo second >> /log/all']
    pre_stop:
      - command: [sh, -c, 'echo leaving >> /log/all']
  reader:
    image: host://
    command: sleep infinity
    volumes: ["log:/log"]
volumes: {log: {}}
`
const log = async (here: Workplace) => linesOf((await sh(here, 'reader', 'cat /log/all; : > /log/all')).stdout)

describe('post_start and pre_stop', () => {
  test('are run in order, with their own user, directory and variables beside those of the container', async () => {
    const here = await project(told)
    await here.stack('up', '-d', 'reader')
    await sh(here, 'reader', 'touch /log/all; chmod 666 /log/all')
    const up = await here.stack('up', '-d')
    expect(up.code).toBe(0)
    expect(up.stdout).toBe('web-1 ->  | first red here /log 33\n')
    expect((await log(here)).sort()).toEqual(['first red here /log 33', 'second', 'started'])

    expect((await here.stack('restart', 'web')).code).toBe(0)
    const restarted = await log(here)
    expect(restarted.slice(0, 2)).toEqual(['leaving', 'asked'])
    expect(restarted.slice(2).sort()).toEqual(['first red here /log 33', 'second', 'started'])

    expect((await here.stack('up', '-d', '--force-recreate', 'web')).code).toBe(0)
    expect((await log(here)).slice(0, 2)).toEqual(['leaving', 'asked'])

    expect((await here.stack('up', '-d', '--scale', 'web=2')).code).toBe(0)
    await log(here)
    expect((await here.stack('up', '-d', '--scale', 'web=1')).code).toBe(0)
    expect(await log(here)).toEqual(['leaving', 'asked'])

    expect((await here.stack('stop', 'web')).code).toBe(0)
    expect(await log(here)).toEqual(['leaving', 'asked'])
    expect((await here.stack('start', 'web')).code).toBe(0)
    expect((await log(here)).sort()).toEqual(['first red here /log 33', 'second', 'started'])
    expect((await here.stack('down', 'web')).code).toBe(0)
    expect(await log(here)).toEqual(['leaving', 'asked'])
  })

  test('what belongs to a container is run although the file is gone; kill asks nobody', async () => {
    const here = await project(told)
    await here.stack('up', '-d', 'reader')
    await sh(here, 'reader', 'touch /log/all; chmod 666 /log/all')
    await here.stack('up', '-d')
    await log(here)
    const elsewhere = await Workplace.make({})
    try {
      expect((await elsewhere.stack('-p', 'told', 'stop', 'web')).code).toBe(0)
      expect(await log(here)).toEqual(['leaving', 'asked'])
      expect((await elsewhere.stack('-p', 'told', 'start', 'web')).code).toBe(0)
      expect((await log(here)).sort()).toEqual(['first red here /log 33', 'second', 'started'])
      expect((await elsewhere.stack('-p', 'told', 'kill', 'web')).code).toBe(0)
      expect(await log(here)).toEqual([])
    } finally {
      await elsewhere[Symbol.asyncDispose]()
    }
  })

  test('privileged has all capabilities, the container itself has not', async () => {
    const caps = 'sed -n s/^CapEff:.//p /proc/self/status'
    const here = await project(`services:
  web:
    image: host://
    command: sleep infinity
    post_start:
      - {command: ${caps}, privileged: true}
      - {command: ${caps}}
`)
    const [first, second] = linesOf((await here.stack('up', '-d')).stdout)
    const own = (await sh(here, 'web', caps)).stdout.trim()
    expect(second).toBe(`web-1 ->  | ${own}`)
    expect(BigInt(`0x${first!.split(' ').at(-1)}`)).toBeGreaterThan(BigInt(`0x${own}`))
  })

  test('one that fails fails up, with its output; the next is not run, and who depends on it is not started', async () => {
    const here = await project(`services:
  web:
    image: host://
    command: sleep infinity
    post_start:
      - command: sh -c 'echo alas >&2; exit 3'
      - command: echo never
  needs: {image: "host://", command: sleep infinity, depends_on: [web]}
  other: {image: "host://", command: sleep infinity}
`)
    const up = await here.stack('up', '-d')
    expect(up.code).toBe(1)
    expect(up.stdout).toBe('web-1 ->  | alas\n')
    expect(up.stderr).toMatch(/hook of web\.1: post_start\[0\] .*exited with 3/)
    expect(await states(here)).toEqual(['needs-1 created', 'other-1 running', 'web-1 running'])
  })

  test('a program that is not there fails up, and is named', async () => {
    const here = await project(
      'services:\n  web: {image: "host://", command: sleep infinity, post_start: [{command: nonesuch}]}\n',
    )
    const up = await here.stack('up', '-d')
    expect(up.code).toBe(1)
    expect(up.all).toMatch(/nonesuch/)
  })

  test('a pre_stop that fails fails the command, and all is gone nevertheless', async () => {
    const here = await project(`services:
  web:
    image: host://
    command: sleep 78
    stop_grace_period: 100ms
    pre_stop:
      - command: sh -c 'echo no >&2; exit 4'
`)
    await here.stack('up', '-d')
    const down = await here.stack('down')
    expect(down.code).toBe(1)
    expect(down.all).toMatch(/web-1 -> {2}\| no/)
    expect(down.all).toMatch(/pre_stop\[0\] .*exited with 4/)
    expect(await rows(here)).toEqual([])
    expect(processes('sleep 78')).toEqual([])
  })

  test('a container that ends by itself leaves without pre_stop, and so does down of what has ended', async () => {
    const here = await project(`services:
  job:
    image: host://
    command: "true"
    pre_stop: [{command: sh -c 'echo no; exit 4'}]
`)
    const up = await here.stack('up')
    expect(up.code).toBe(0)
    const down = await here.stack('down')
    expect(down).toMatchObject({code: 0, stdout: ''})
  })

  test('Ctrl-C does not wait for a pre_stop that hangs: once breaks it off, and the container can still be stopped', async () => {
    const here = await project(`services:
  web:
    image: host://
    command: sleep infinity
    stop_grace_period: 100ms
    pre_stop: [{command: sh -c 'echo hanging; exec sleep 79'}]
`)
    await here.stack('up', '-d')
    const stop = here.start('stop')
    const output = collect(stop.stdout)
    await eventually(() => output().includes('web-1 ->  | hanging'), {what: 'the hook'})
    const began = Date.now()
    stop.kill('SIGINT')
    const [code] = (await once(stop, 'close')) as [number]
    expect(code).toBe(130)
    expect(Date.now() - began).toBeLessThan(2000)
    expect(await states(here)).toEqual(['web-1 running'])
    expect((await here.stack('kill')).code).toBe(0)
    await eventually(() => processes('sleep 79').length === 0)
  })

  test('a changed hook is a reason to recreate, and the old container leaves by its own', async () => {
    const compose = (word: string) => `services:
  web:
    image: host://
    command: sleep infinity
    stop_grace_period: 100ms
    pre_stop: [{command: echo ${word}}]
`
    const here = await project(compose('one'))
    await here.stack('up', '-d')
    await here.write('compose.yaml', compose('two'))
    expect((await here.stack('up', '--dry-run')).stdout).toMatch(
      /run-hook web\.1: pre_stop\[0\][\s\S]*configuration changed/,
    )
    expect((await here.stack('up', '-d')).stdout).toBe('web-1 ->  | one\n')
    expect((await here.stack('stop')).stdout).toBe('web-1 ->  | two\n')
  })

  test('attached up shows them beside the output, and Ctrl-C runs pre_stop', async () => {
    const here = await project(`services:
  web:
    image: host://
    command: sh -c 'trap "exit 0" TERM; echo up; while :; do sleep 0.05; done'
    post_start: [{command: echo after}]
    pre_stop: [{command: echo before}]
`)
    const child = here.start('up')
    const output = collect(child.stdout)
    await eventually(() => /web-1\s+\| up/.test(output()) && output().includes('web-1 ->  | after'), {
      what: 'the start',
    })
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number]
    expect(code).toBe(130)
    expect(output()).toContain('web-1 ->  | before')
  })
})
