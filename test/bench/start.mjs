import {writeFileSync} from 'node:fs'
import {api, has, inTurn, median, milliseconds, run} from './measure.mjs'
import {withProject} from './ours.mjs'
import {busyboxRoot, dockerd} from './peers.mjs'

const rounds = 30
const project = 'name: bench\nservices:\n  keeper: {image: "host://", command: sleep infinity, stop_signal: SIGKILL}\n'

/** One container on a network, until its program runs. In turn, so that what disturbs the machine disturbs all of them. */
export async function* start() {
  const docker = await dockerd()
  try {
    const runners = {
      ...(docker && {
        docker: dockerRun(docker),
        dockerApi: throughApi(api(docker.socket), {Image: 'bench', Cmd: ['/bin/sleep', '1000']}),
      }),
      ...(has('runc') && {runc: runcRun()}),
    }
    const seen = await withProject(project, ({ask}) => {
      const HostConfig = {NetworkMode: 'bench_default'}
      return inTurn(rounds, {ours: throughApi(ask, {Image: 'host://', Cmd: ['sleep', '1000'], HostConfig}), ...runners})
    })
    yield {what: 'ours: create and start through the API', ...milliseconds(seen.ours), goal: '< 10'}
    if (seen.runc) yield {what: 'runc run --detach, no network', ...milliseconds(seen.runc)}
    else yield {what: 'runc: apt-get install runc', value: 'missing', unit: ''}
    if (!docker) return yield {what: 'docker: apt-get install docker.io', value: 'missing', unit: ''}
    yield {what: 'docker run -d, whole process', ...milliseconds(seen.docker)}
    yield {what: 'docker: create and start through its API', ...milliseconds(seen.dockerApi)}
    const ratio = theirs => ({value: median(theirs) / median(seen.ours), unit: 'x'})
    yield {what: 'ours against docker run', ...ratio(seen.docker), goal: '> 30'}
    yield {what: "ours against docker's API", ...ratio(seen.dockerApi)}
  } finally {
    await docker?.stop()
  }
}

const dockerRun = ({docker}) => ({
  go: round => docker('run', '-d', '--name', `b${round}`, 'bench', '/bin/sleep', '1000'),
  back: round => docker('rm', '-f', `b${round}`),
})

const throughApi = (ask, body) => ({
  async go(round) {
    await ask('POST', `/containers/create?name=start${round}`, body)
    await ask('POST', `/containers/start${round}/start`)
  },
  back: round => ask('DELETE', `/containers/start${round}?force=1`),
})

function runcRun() {
  const [bundle, root] = ['/run/bench/bundle', '/run/bench/runc']
  run('mkdir', ['-p', bundle])
  run('runc', ['spec', '--bundle', bundle])
  const spec = JSON.parse(run('cat', [`${bundle}/config.json`]))
  spec.process.terminal = false
  spec.process.args = ['/bin/sleep', '1000']
  spec.root = {path: busyboxRoot(), readonly: true}
  spec.linux.cgroupsPath = `/${process.env.STACK_CGROUP_PARENT}/runc`
  writeFileSync(`${bundle}/config.json`, JSON.stringify(spec))
  const runc = (...words) => run('runc', ['--root', root, ...words], {stdio: 'ignore'})
  return {
    go: round => runc('run', '--detach', '--bundle', bundle, `r${round}`),
    back: round => runc('delete', '-f', `r${round}`),
  }
}
