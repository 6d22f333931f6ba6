import {spawnSync} from 'node:child_process'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {needs} from '../../support/needs.ts'
import {Workplace} from '../../support/stack.ts'

const state = () => process.env.STACK_STATE_DIR ?? '/var/lib/stack'
const run = () => process.env.STACK_RUN_DIR ?? '/run/stack'
const compose = (more: readonly string[], rest: readonly string[] = []) =>
  [
    'services:',
    '  web:',
    '    image: mounts-built',
    '    network_mode: none',
    '    command: [sh, -c, "cat /out/*"]',
    '    build:',
    '      context: .',
    '      network: none',
    ...more.map(each => `      ${each}`),
    ...rest,
    '',
  ].join('\n')

test('a secret is a variable of its step, and nowhere else; one of the environment is a file', async () => {
  await using place = await Workplace.make({
    'compose.yaml': compose(
      ['secrets: [token, {source: other, target: named}]'],
      ['secrets: {token: {file: ./token}, other: {environment: OTHER}}'],
    ),
    token: 'hush-as-a-variable',
    Dockerfile: [
      'FROM host://',
      'RUN mkdir /out',
      'RUN --mount=type=secret,id=token,env=TOKEN expr "$TOKEN" : "hush.*variable$" >&2 && ! test -e /run/secrets/token && echo variable > /out/1',
      'RUN --mount=type=secret,id=token,env=TOKEN,target=/t test "$TOKEN" = "$(cat /t)" && echo both > /out/2',
      'RUN --mount=type=secret,id=named,required=true expr "$(cat /run/secrets/named)" : "hush.*environment$" >&2 && echo file > /out/3',
      'RUN env > /out/4; ! grep hush /out/4; rm /out/4',
      '',
    ].join('\n'),
  })
  const outcome = await place.run(process.execPath, [place.stackProgram, 'build'], {OTHER: 'hush-of-the-environment'})
  expect(outcome.code, outcome.all).toBe(0)
  expect(outcome.all).not.toContain('hush-of')
  const up = await place.run(process.execPath, [place.stackProgram, 'up', '--no-log-prefix'], {OTHER: 'x'})
  // What cleans up has no such variable.
  await place.run(process.execPath, [place.stackProgram, 'down'], {OTHER: 'x'})
  expect(up.stdout).toContain('variable\nboth\nfile\n')
  for (const each of [state(), run()]) {
    expect(spawnSync('grep', ['-rIl', '-e', 'hush-as-a', '-e', 'hush-of-the', each], {encoding: 'utf8'}).stdout).toBe(
      '',
    )
  }
})

test('a cache begins with the files of a stage, and is kept', async () => {
  await using place = await Workplace.make({
    'compose.yaml': compose(['args: {N: "1"}']),
    Dockerfile: [
      'FROM host:// AS first',
      'WORKDIR /start/below',
      'RUN echo begun > /start/below/file',
      'FROM host://',
      'ARG N',
      'RUN --mount=type=cache,target=/c,from=first,source=/start,sharing=locked mkdir /out; cat /c/below/file > /out/1; echo $N >> /c/all; cat /c/all > /out/2; touch /c/below/new',
      '',
    ].join('\n'),
  })
  expect((await place.stack('up', '--build', '--no-log-prefix')).stdout).toContain('begun\n1\n')
  await place.stack('build', '--build-arg', 'N=2')
  expect((await place.stack('up', '--no-log-prefix')).stdout).toContain('begun\n1\n2\n')
})

test('keys by ssh: the agent of whoever builds, a key of its own, and what there is to say without', async context => {
  needs(context, 'ssh-agent')
  needs(context, 'ssh-keygen')
  await using place = await Workplace.make({
    'compose.yaml': compose(['ssh: [default, own=./key]']),
    Dockerfile: [
      'FROM host://',
      'RUN mkdir /out',
      'RUN --mount=type=ssh ssh-add -l | cut -d" " -f3 > /out/1; ls -l $SSH_AUTH_SOCK | cut -c1-10 >> /out/1',
      'RUN --mount=type=ssh,id=own,required=true ssh-add -l | cut -d" " -f3 > /out/2',
      'RUN test -z "$SSH_AUTH_SOCK" && ! ls /run/stack',
      '',
    ].join('\n'),
  })
  await place.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'own-key', '-f', 'key'])
  await place.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'agents-key', '-f', 'other'])
  const socket = join(place.directory, 'agent')
  place.begin('ssh-agent', ['-D', '-a', socket])
  await place.run('sh', ['-c', `until test -S ${socket}; do sleep 0.05; done; ssh-add -q other`], {
    SSH_AUTH_SOCK: socket,
  })
  const environment = {SSH_AUTH_SOCK: socket}
  const outcome = await place.run(
    process.execPath,
    [place.stackProgram, 'up', '--build', '--no-log-prefix'],
    environment,
  )
  expect(outcome.stdout, outcome.all).toContain('agents-key\nsrw-------\nown-key\n')

  const without = await place.run(process.execPath, [place.stackProgram, 'build'], {SSH_AUTH_SOCK: ''})
  expect(without.all).toContain('the build of web wants keys by ssh ("default"), and SSH_AUTH_SOCK is not set')
  await place.write('compose.yaml', compose([]))
  const required = await place.stack('build')
  expect(required.all).toContain('Dockerfile:4:5: error: there are no keys by ssh for "own"')
  await place.write('compose.yaml', compose(['ssh: {own: ./none, default: ./none}']))
  expect((await place.stack('build', '--no-cache')).all).toContain('there is no key and no agent at')
})

test('limits, rights, hosts and memory are what the section says', async () => {
  await using place = await Workplace.make({
    'compose.yaml': compose([
      'ulimits: {nofile: {soft: 123, hard: 456}, nproc: 789}',
      'privileged: true',
      'shm_size: 5m',
      'extra_hosts: ["far:10.8.8.8"]',
      'labels: {made: here}',
      'tags: ["mounts-too:1"]',
    ]),
    Dockerfile: [
      'FROM host://',
      'RUN mkdir /out',
      'RUN echo $(bash -c "ulimit -Sn; ulimit -Hn; ulimit -u") > /out/1',
      'RUN mkdir /tmp/m && mount -t tmpfs none /tmp/m && umount /tmp/m && rmdir /tmp/m && echo mounted > /out/2',
      'RUN df --output=size /dev/shm | tail -1 | xargs > /out/3; grep -c far /etc/hosts >> /out/3',
      '',
    ].join('\n'),
  })
  const outcome = await place.stack('up', '--build', '--no-log-prefix')
  expect(outcome.stdout, outcome.all).toContain('123 456 789\nmounted\n5120\n1\n')
  await place.write(
    'compose.yaml',
    'services: {web: {image: "mounts-too:1", network_mode: none, command: echo tagged}}\n',
  )
  expect((await place.stack('up', '--no-build')).stdout).toContain('tagged')
})

test('contexts that are images: of a service, by docker-image://, and a layout of a directory', async context => {
  needs(context, 'skopeo')
  await using place = await Workplace.make({
    'compose.yaml': compose(
      [
        'additional_contexts: {base: "service:base", named: "docker-image://contexts-base", layout: "oci-layout://./layout"}',
      ],
      [
        '  base: {image: contexts-base, network_mode: none, build: {context: ./base, network: none}}',
        '  scratch: {image: contexts-scratch, network_mode: none, build: {context: ./scratch}}',
      ],
    ),
    Dockerfile:
      'FROM host://\nRUN mkdir /out\nCOPY --from=base /b /out/1\nCOPY --from=named /b /out/2\nCOPY --from=layout /s /out/3\n',
  })
  await mkdir(join(place.directory, 'base'))
  await mkdir(join(place.directory, 'scratch'))
  await place.write('base/Dockerfile', 'FROM host://\nRUN echo from the base > /b\n')
  await place.write('scratch/Dockerfile', 'FROM scratch\nCOPY Dockerfile /s\n')
  expect((await place.stack('build', 'scratch')).code).toBe(0)
  const saved = await place.stack('save', '-o', 'saved.tar', 'contexts-scratch')
  expect(saved.code, saved.all).toBe(0)
  const copied = await place.run('skopeo', [
    '--insecure-policy',
    'copy',
    'docker-archive:saved.tar',
    'oci:layout:latest',
  ])
  expect(copied.code, copied.all).toBe(0)
  const outcome = await place.stack('build', 'web')
  expect(outcome.code, outcome.all).toBe(0)
  const ran = await place.stack('up', 'web', '--no-log-prefix')
  expect(ran.stdout).toContain('from the base\nfrom the base\nFROM scratch\n')
})
