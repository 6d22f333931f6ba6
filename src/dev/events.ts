import type {WatchAction} from '../model/project.ts'

/** What a session tells of; times in milliseconds from the first change. */
export type DevEvent =
  | {
      readonly kind: 'watching'
      readonly service: string
      readonly action: WatchAction
      readonly path: string
      readonly target: string
      /** Those that are watched for it, where that is known. */
      readonly files?: number
    }
  | {
      readonly kind: 'synced'
      readonly service: string
      /** Paths in the container. */
      readonly written: readonly string[]
      readonly removed: readonly string[]
      readonly containers: number
      readonly ms: number
    }
  | {
      readonly kind: 'restarted' | 'rebuilt'
      readonly services: readonly string[]
      readonly because: string
      readonly ms: number
    }
  | {
      readonly kind: 'executed'
      readonly service: string
      readonly command: readonly string[]
      readonly containers: number
      readonly ms: number
    }
  | {readonly kind: 'warned'; readonly service?: string; readonly message: string}

export type Report = (event: DevEvent) => void
