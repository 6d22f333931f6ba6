import type {BuildFacts, ImageConfig} from '../../../model/image.ts'

export type Described = {
  readonly config: ImageConfig
  readonly architecture: string
  readonly created: number
  readonly build: BuildFacts
  /** Lowest first. */
  readonly diffIds: readonly string[]
}

/** An image configuration as the OCI image specification has it, with Docker's health check, shell and triggers. */
export function describeImage({config, architecture, created, build, diffIds}: Described): object {
  const time = (at: number) => new Date(at).toISOString()
  return {
    created: time(created),
    ...(build.author === '' ? {} : {author: build.author}),
    architecture,
    os: 'linux',
    config: configOf(config, build.onBuild),
    rootfs: {type: 'layers', diff_ids: diffIds},
    history: build.history.map(({created: at, createdBy, comment, emptyLayer}) => ({
      created: time(at),
      created_by: createdBy,
      ...(comment === '' ? {} : {comment}),
      ...(emptyLayer ? {empty_layer: true} : {}),
    })),
  }
}

function configOf(config: ImageConfig, onBuild: readonly string[]): object {
  const {user, env, entrypoint, cmd, workingDir, volumes, exposedPorts, labels, stopSignal, shell, healthcheck} = config
  const asked: Readonly<Record<string, unknown>> = {
    User: user,
    Env: env,
    Entrypoint: entrypoint,
    Cmd: cmd,
    WorkingDir: workingDir,
    Volumes: keys(volumes),
    ExposedPorts: keys(exposedPorts),
    Labels: labels,
    StopSignal: stopSignal,
    Shell: shell,
    OnBuild: onBuild,
    Healthcheck: healthcheck && {
      Test: healthcheck.test,
      Interval: nanoseconds(healthcheck.interval),
      Timeout: nanoseconds(healthcheck.timeout),
      StartPeriod: nanoseconds(healthcheck.startPeriod),
      StartInterval: nanoseconds(healthcheck.startInterval),
      Retries: healthcheck.retries,
    },
  }
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => !isEmpty(value)))
}

const keys = (names: readonly string[]) => Object.fromEntries(names.map(each => [each, {}]))
const nanoseconds = (milliseconds: number | undefined) => milliseconds && Math.round(milliseconds * 1e6)
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === '' ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
