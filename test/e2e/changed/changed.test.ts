import {expect, test} from 'vitest'
import {rows} from '../../support/observed.ts'
import {Workplace} from '../../support/stack.ts'

const compose = ({subnet = '10.98.0.0/24', team = 'a'}) => `
name: changed
services:
  web: {image: "host://", command: sleep infinity, init: true, networks: [front], volumes: ["data:/data", /own]}
  db: {image: "host://", command: sleep infinity, init: true, networks: [back]}
networks:
  front: {ipam: {config: [{subnet: ${subnet}}]}}
  back:
volumes:
  data: {labels: {team: ${team}}}
`

test('a changed network is made anew with its containers; their volumes and other services stay', async () => {
  await using place = await Workplace.make({'compose.yaml': compose({})})
  const inside = async (line: string) => (await place.stack('exec', '-T', 'web', 'sh', '-c', line)).stdout.trim()
  const ids = async () => new Map((await rows(place)).map(each => [each.Service, each.ID]))
  expect(await place.stack('up', '-d')).toMatchObject({code: 0})
  expect(await inside('ip -4 address show eth0; echo kept > /data/k; echo own > /own/o')).toContain('10.98.0.2/24')
  const before = await ids()
  await place.write('compose.yaml', compose({subnet: '10.97.0.0/24'}))
  const up = await place.stack('up', '-d')
  expect(up).toMatchObject({code: 0})
  expect(await inside('ip -4 address show eth0; cat /data/k /own/o')).toMatch(/10\.97\.0\.2\/24.*\nkept\nown$/s)
  const after = await ids()
  expect(after.get('web')).not.toBe(before.get('web'))
  expect(after.get('db')).toBe(before.get('db'))
  expect((await place.stack('up', '-d', '--dry-run')).all).not.toMatch(/create|remove/i)
})

test('a network that a container of others is on stays, and nothing is stopped', async () => {
  await using place = await Workplace.make({'compose.yaml': compose({})})
  await using other = await Workplace.make({
    'compose.yaml': `
name: spy
services: {spy: {image: "host://", command: sleep infinity, init: true, networks: [front]}}
networks: {front: {external: true, name: changed_front}}`,
  })
  expect(await place.stack('up', '-d')).toMatchObject({code: 0})
  expect(await other.stack('up', '-d')).toMatchObject({code: 0})
  const before = await rows(place)
  await place.write('compose.yaml', compose({subnet: '10.97.0.0/24'}))
  const up = await place.stack('up', '-d')
  expect(up).toMatchObject({code: 1})
  expect(up.all).toContain('cannot recreate network "changed_front": containers of others use it: spy-spy-1')
  expect((await rows(place)).map(each => [each.ID, each.State])).toEqual(before.map(each => [each.ID, each.State]))
  await other.stack('down')
  expect(await place.stack('up', '-d')).toMatchObject({code: 0})
})

test('a changed volume keeps its data, unless it is said that it may go', async () => {
  await using place = await Workplace.make({'compose.yaml': compose({})})
  const look = async () => (await place.stack('exec', '-T', 'web', 'sh', '-c', 'cat /data/k 2>&1; cat /own/o')).stdout
  await place.stack('up', '-d')
  await place.stack('exec', '-T', 'web', 'sh', '-c', 'echo kept > /data/k; echo own > /own/o')
  await place.write('compose.yaml', compose({team: 'b'}))
  const refused = await place.stack('up', '-d')
  expect(refused).toMatchObject({code: 0})
  expect(refused.all).toContain('volume "changed_data" was made with another configuration, which it keeps')
  expect(await look()).toBe('kept\nown\n')
  expect(await place.stack('up', '-d', '--yes')).toMatchObject({code: 0})
  expect(await look()).toMatch(/No such file or directory\nown\n$/)
  expect((await place.stack('up', '-d')).all).not.toContain('another configuration')
})
