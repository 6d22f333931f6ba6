import {expect, test} from 'vitest'
import {loadText, messages} from './loading.ts'

test('labels of SELinux are told of only where it is on', () => {
  const text = `
name: shop
services: {web: {image: x, volumes: [{type: bind, source: /a, target: /b, bind: {selinux: z}}]}}`
  expect(messages(loadText(text))).toEqual([])
  expect(messages(loadText(text, {securityModules: ['selinux']}))).toEqual([
    'warning: services.web.volumes[0].bind.selinux has no effect',
  ])
})

test('options of a local volume that mean something else are an error', () => {
  const text = `
name: shop
services: {web: {image: x, volumes: ["data:/v"]}}
volumes: {data: {driver_opts: {type: tmpfs, device: tmpfs, size: 1g}}}`
  expect(messages(loadText(text))).toEqual(['error: volumes.data.driver_opts: size is not supported'])
})
