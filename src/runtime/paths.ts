import {join} from 'node:path'
import {sha256} from '../base/hash.ts'

/** Where everything is; `state` survives a reboot, `run` does not. */
export type Paths = ReturnType<typeof pathsOf>

export function pathsOf({state, run}: {state: string; run: string}) {
  const containers = join(state, 'containers')
  const runContainers = join(run, 'containers')
  const netnsDirectory = join(run, 'netns')
  return {
    state,
    run,
    socket: join(run, 'stack.sock'),
    /** A directory with nothing but another name of the socket, for containers that are given it. */
    apiDirectory: join(run, 'api'),
    images: join(state, 'images'),
    containers,
    networks: join(state, 'networks'),
    volumes: join(state, 'volumes'),
    netnsDirectory,
    /** Of the mount namespace that `netnsDirectory` is in. */
    pins: join(run, 'pins', 'mounts'),
    runContainers,
    daemonLog: join(state, 'daemon.log'),
    /** The abstract socket that the daemon of this run directory holds. */
    daemonLock: `stack-daemon-${sha256(run).slice(0, 16)}`,
    /** The one that makes a single monitor of many wake a daemon. */
    wakeLock: `stack-wake-${sha256(run).slice(0, 16)}`,
    // Asked for several times at each start: joined by hand, which takes a tenth of the time.
    container: (id: string) => {
      const directory = `${containers}/${id}`
      const runDirectory = `${runContainers}/${short(id)}`
      return {
        directory,
        config: `${directory}/config.json`,
        upper: `${directory}/upper`,
        work: `${directory}/work`,
        files: `${directory}/files`,
        log: `${directory}/log`,
        exit: `${directory}/exit`,
        error: `${directory}/error`,
        network: `${directory}/network.json`,
        runDirectory,
        control: `${runDirectory}/control.sock`,
        pid: `${runDirectory}/pid`,
        netns: `${netnsDirectory}/${short(id)}`,
      }
    },
    volume: (name: string) => ({
      directory: join(state, 'volumes', name),
      record: join(state, 'volumes', name, 'volume.json'),
      data: join(state, 'volumes', name, '_data'),
      /** Of one that is mounted: not below what is deleted with the volume. */
      mount: join(run, 'volumes', name),
    }),
    network: (id: string) => join(state, 'networks', `${id}.json`),
    /** Addresses of its services. */
    networkServices: (id: string) => join(state, 'networks', `${id}.services`),
  }
}

/** A socket's path has 107 bytes at most, so the run directory is named by a part of the id. */
const short = (id: string): string => id.slice(0, 16)

/** `/var/lib/stack` and `/run/stack`, or STACK_STATE_DIR and STACK_RUN_DIR. */
export function pathsFrom(environment: NodeJS.ProcessEnv): Paths {
  return pathsOf({
    state: environment.STACK_STATE_DIR ?? '/var/lib/stack',
    run: environment.STACK_RUN_DIR ?? '/run/stack',
  })
}
