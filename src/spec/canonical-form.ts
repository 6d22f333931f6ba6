/**
 * The canonical model as plain data: every attribute in its long form, under the specification's own names.
 * What is in the file but of no concern to a typed stage is kept as it is.
 */
export type Canonical = {
  readonly name?: string
  readonly services: Readonly<Record<string, CanonicalService>>
  readonly networks?: Readonly<Record<string, CanonicalNetwork | null>>
  readonly volumes?: Readonly<Record<string, CanonicalVolume | null>>
  readonly configs?: Readonly<Record<string, CanonicalFile>>
  readonly secrets?: Readonly<Record<string, CanonicalFile>>
  readonly models?: Readonly<Record<string, {readonly model?: string}>>
}

export type CanonicalWatchRule = {
  readonly path?: string
  readonly action?: string
  readonly target?: string
  readonly ignore?: readonly string[]
  readonly include?: readonly string[]
  readonly initial_sync?: boolean
  readonly exec?: CanonicalHook
}

export type CanonicalService = {
  readonly image?: string
  readonly build?: {
    readonly context?: string
    readonly dockerfile?: string
    readonly dockerfile_inline?: string
    readonly platforms?: readonly string[]
    readonly secrets?: readonly CanonicalGrant[]
    readonly additional_contexts?: Texts
    readonly args?: Texts
    readonly target?: string
    readonly cache_from?: readonly string[]
    readonly cache_to?: readonly string[]
    readonly tags?: readonly string[]
    readonly labels?: Readonly<Record<string, string>>
    readonly network?: string
    readonly extra_hosts?: readonly string[]
    readonly shm_size?: string | number
    readonly ulimits?: Readonly<Record<string, number | {readonly soft: number; readonly hard: number}>>
    readonly privileged?: boolean
    readonly ssh?: Texts
    readonly no_cache?: boolean
    readonly no_cache_filter?: readonly string[]
    readonly pull?: boolean
  }
  readonly provider?: {
    readonly type?: string
    readonly options?: Readonly<Record<string, Option | readonly Option[]>> | null
  }
  readonly attach?: boolean
  readonly cap_add?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly blkio_config?: CanonicalBlockIo | null
  readonly annotations?: Readonly<Record<string, string>>
  readonly cgroup?: string
  readonly cgroup_parent?: string
  readonly command?: readonly string[] | null
  readonly configs?: readonly CanonicalGrant[]
  readonly container_name?: string
  readonly cpu_period?: number
  readonly cpu_quota?: number
  readonly cpu_rt_period?: number
  readonly cpu_rt_runtime?: number
  readonly cpu_shares?: number
  readonly cpus?: number
  readonly cpuset?: string
  readonly depends_on?: Readonly<Record<string, CanonicalDependency>>
  readonly deploy?: CanonicalDeploy | null
  readonly develop?: {
    readonly watch?: readonly CanonicalWatchRule[]
  } | null
  readonly device_cgroup_rules?: readonly string[]
  readonly devices?: readonly CanonicalDevice[]
  readonly dns?: readonly string[]
  readonly dns_opt?: readonly string[]
  readonly dns_search?: readonly string[]
  readonly domainname?: string
  readonly entrypoint?: readonly string[] | null
  readonly env_file?: ReadonlyArray<{readonly path?: string; readonly required?: boolean; readonly format?: string}>
  readonly environment?: Readonly<Record<string, string | null>>
  readonly expose?: readonly string[]
  readonly external_links?: readonly string[]
  readonly extra_hosts?: readonly string[]
  readonly gpus?: readonly CanonicalDeviceRequest[]
  readonly group_add?: readonly string[]
  readonly healthcheck?: CanonicalHealthcheck | null
  readonly hostname?: string
  readonly init?: boolean
  readonly ipc?: string
  readonly label_file?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly links?: readonly string[]
  readonly logging?: {readonly driver?: string; readonly options?: Texts}
  readonly mac_address?: string
  readonly mem_limit?: string
  readonly mem_reservation?: string
  readonly mem_swappiness?: number
  readonly memswap_limit?: string
  readonly models?: Readonly<Record<string, unknown>>
  readonly network_mode?: string
  readonly networks?: Readonly<Record<string, CanonicalAttachment | null>>
  readonly oom_kill_disable?: boolean
  readonly oom_score_adj?: number
  readonly pid?: string
  readonly pids_limit?: number
  readonly platform?: string
  readonly ports?: readonly CanonicalPort[]
  readonly post_start?: readonly CanonicalHook[]
  readonly pre_start?: ReadonlyArray<CanonicalHook & {readonly image?: string}>
  readonly pre_stop?: readonly CanonicalHook[]
  readonly privileged?: boolean
  readonly profiles?: readonly string[]
  readonly pull_policy?: string
  readonly pull_refresh_after?: string
  readonly read_only?: boolean
  readonly restart?: string
  readonly scale?: number
  readonly secrets?: readonly CanonicalGrant[]
  readonly security_opt?: readonly string[]
  readonly shm_size?: string
  readonly stdin_open?: boolean
  readonly stop_grace_period?: string
  readonly stop_signal?: string
  readonly sysctls?: Readonly<Record<string, string>>
  readonly tmpfs?: readonly string[]
  readonly tty?: boolean
  readonly ulimits?: Readonly<Record<string, number | {readonly soft: number; readonly hard: number}>>
  readonly user?: string
  readonly use_api_socket?: boolean
  readonly userns_mode?: string
  readonly uts?: string
  readonly volumes?: readonly CanonicalMount[]
  readonly volumes_from?: readonly string[]
  readonly working_dir?: string
  /** Ours: an extension in the form of the specification, that other programs ignore. */
  readonly 'x-network-limits'?: {readonly egress?: string | null; readonly ingress?: string | null} | null
}

type Option = string | number | boolean
type Texts = Readonly<Record<string, string | null>>

export type CanonicalHook = {
  readonly command?: readonly string[] | null
  readonly user?: string
  readonly privileged?: boolean
  readonly working_dir?: string
  readonly environment?: Texts
}

export type CanonicalGrant = {
  readonly source?: string
  readonly target?: string
  readonly uid?: string
  readonly gid?: string
  readonly mode?: string
}

export type CanonicalDependency = {readonly condition?: string; readonly restart?: boolean; readonly required?: boolean}

export type CanonicalDeploy = {
  readonly endpoint_mode?: string
  readonly mode?: string
  readonly replicas?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly resources?: {
    readonly limits?: {readonly cpus?: number; readonly memory?: string; readonly pids?: number}
    readonly reservations?: {
      readonly cpus?: number
      readonly memory?: string
      readonly devices?: readonly CanonicalDeviceRequest[]
    }
  }
  readonly restart_policy?: {
    readonly condition?: string
    readonly max_attempts?: number
    readonly delay?: string
    readonly window?: string
  }
}

export type CanonicalDevice = {readonly source?: string; readonly target?: string; readonly permissions?: string}

/** Rates of bytes are text, as every size is. */
export type CanonicalBlockIo = {
  readonly weight?: number
  readonly weight_device?: ReadonlyArray<{readonly path: string; readonly weight: number}>
  readonly device_read_bps?: ReadonlyArray<CanonicalRate<string>>
  readonly device_write_bps?: ReadonlyArray<CanonicalRate<string>>
  readonly device_read_iops?: ReadonlyArray<CanonicalRate<number>>
  readonly device_write_iops?: ReadonlyArray<CanonicalRate<number>>
}
export type CanonicalRate<Rate> = {readonly path: string; readonly rate: Rate}

export type CanonicalDeviceRequest = {readonly count?: number | string; readonly device_ids?: readonly string[]}

export type CanonicalHealthcheck = {
  readonly disable?: boolean
  readonly test?: readonly string[]
  readonly interval?: string
  readonly timeout?: string
  readonly retries?: number
  readonly start_period?: string
  readonly start_interval?: string
}

export type CanonicalAttachment = {
  readonly aliases?: readonly string[]
  readonly ipv4_address?: string
  readonly ipv6_address?: string
  readonly mac_address?: string
  readonly priority?: number
  readonly gw_priority?: number
  readonly interface_name?: string
  readonly link_local_ips?: readonly string[]
  readonly driver_opts?: Texts
}

export type CanonicalPort = {
  readonly name?: string
  readonly host_ip?: string
  readonly target?: number
  readonly published?: string
  readonly protocol?: string
}

export type CanonicalMount = {
  readonly type?: string
  readonly source?: string
  readonly target?: string
  readonly read_only?: boolean
  readonly bind?: {readonly create_host_path?: boolean; readonly propagation?: string; readonly recursive?: string}
  readonly volume?: {readonly nocopy?: boolean; readonly subpath?: string; readonly labels?: Texts}
  readonly tmpfs?: {readonly size?: string; readonly mode?: number}
}

export type CanonicalNetwork = {
  readonly name?: string
  readonly driver?: string
  readonly driver_opts?: Texts
  readonly external?: boolean
  readonly internal?: boolean
  readonly attachable?: boolean
  readonly enable_ipv4?: boolean
  readonly enable_ipv6?: boolean
  readonly ipam?: {
    readonly driver?: string
    readonly config?: ReadonlyArray<{
      readonly subnet?: string
      readonly gateway?: string
      readonly ip_range?: string
      readonly aux_addresses?: Texts
    }>
  }
  readonly labels?: Readonly<Record<string, string>>
}

export type CanonicalVolume = {
  readonly name?: string
  readonly driver?: string
  readonly driver_opts?: Texts
  readonly external?: boolean
  readonly labels?: Readonly<Record<string, string>>
}

/** A config or a secret. */
export type CanonicalFile = {
  readonly name?: string
  readonly file?: string
  readonly environment?: string
  readonly content?: string
  readonly external?: boolean
  readonly driver?: string
  readonly template_driver?: string
  readonly labels?: Readonly<Record<string, string>>
}
