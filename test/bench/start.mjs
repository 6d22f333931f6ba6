import {writeFileSync} from 'node:fs'
import {api, has, median, run, timed} from './measure.mjs'
import {withProject} from './ours.mjs'
import {busyboxRoot, dockerd} from './peers.mjs'

const times = 30
const project = 'name: bench\nservices:\n  keeper: {image: "host://", command: sleep infinity, stop_signal: SIGKILL}\n'

/** One container on a network, until its program runs. */
export async function* start() {
  const ours = await withProject(project, async ({ask}) =>
    startsThrough(ask, {Image: 'host://', Cmd: ['sleep', '1000'], HostConfig: {NetworkMode: 'bench_default'}}),
  )
  yield {what: 'ours: create and start through the API', value: ours, unit: 'ms', goal: '< 10'}
  if (has('runc')) yield {what: 'runc run --detach, no network', value: await runc(), unit: 'ms'}
  else yield {what: 'runc: apt install runc', value: 'missing', unit: ''}
  const peer = await dockerd()
  if (!peer) return yield {what: 'docker: apt install docker.io', value: 'missing', unit: ''}
  try {
    const cli = median(await timedRuns(peer))
    yield {what: 'docker run -d, whole process', value: cli, unit: 'ms'}
    const through = await startsThrough(api(peer.socket), {Image: 'bench', Cmd: ['/bin/sleep', '1000']})
    yield {what: 'docker: create and start through its API', value: through, unit: 'ms'}
    yield {what: 'ours against docker run', value: cli / ours, unit: 'x', goal: '> 30'}
    yield {what: "ours against docker's API", value: through / ours, unit: 'x'}
  } finally {
    await peer.stop()
  }
}

async function timedRuns({docker}) {
  const values = []
  for (let round = 0; round < times / 2; round++) {
    values.push(...(await timed(1, () => docker('run', '-d', '--name', `b${round}`, 'bench', '/bin/sleep', '1000'))))
    docker('rm', '-f', `b${round}`)
  }
  return values
}

async function startsThrough(ask, body) {
  const values = []
  for (let round = 0; round < times; round++) {
    let id
    values.push(
      ...(await timed(1, async () => {
        id = (await ask('POST', `/containers/create?name=start${round}`, body)).Id
        await ask('POST', `/containers/${id}/start`)
      })),
    )
    await ask('DELETE', `/containers/${id}?force=1`)
  }
  return median(values)
}

async function runc() {
  const bundle = '/run/bench/bundle'
  run('mkdir', ['-p', bundle])
  run('runc', ['spec', '--bundle', bundle])
  const spec = JSON.parse(run('cat', [`${bundle}/config.json`]))
  spec.process.terminal = false
  spec.process.args = ['/bin/sleep', '1000']
  spec.root = {path: busyboxRoot(), readonly: true}
  spec.linux.cgroupsPath = `/${process.env.STACK_CGROUP_PARENT}/runc`
  writeFileSync(`${bundle}/config.json`, JSON.stringify(spec))
  const values = []
  for (let round = 0; round < times; round++) {
    values.push(
      ...(await timed(1, () =>
        run('runc', ['--root', '/run/bench/runc', 'run', '--detach', '--bundle', bundle, `r${round}`], {
          stdio: 'ignore',
        }),
      )),
    )
    run('runc', ['--root', '/run/bench/runc', 'delete', '-f', `r${round}`], {stdio: 'ignore'})
  }
  return median(values)
}
