import type {Operation, OperationKind} from './step.ts'

/** How progress names the thing an operation is about: `Container shop-web-1`. */
export function thingOf(operation: Operation): string {
  switch (operation.kind) {
    case 'ensure-image':
    case 'remove-image':
      return `Image ${operation.image}`
    case 'create-network':
    case 'check-network':
    case 'remove-network':
      return `Network ${operation.network.name}`
    case 'create-volume':
      return `Volume ${operation.volume.name}`
    case 'check-volume':
    case 'remove-volume':
      return `Volume ${operation.name}`
    default:
      return `Container ${operation.container.name}`
  }
}

/** Compose's words for progress: while it is done, and after. */
export const progressWords: Readonly<Record<OperationKind, readonly [doing: string, done: string]>> = {
  'ensure-image': ['Pulling', 'Pulled'],
  'remove-image': ['Removing', 'Removed'],
  'create-network': ['Creating', 'Created'],
  'check-network': ['Checking', 'Checked'],
  'remove-network': ['Removing', 'Removed'],
  'create-volume': ['Creating', 'Created'],
  'check-volume': ['Checking', 'Checked'],
  'remove-volume': ['Removing', 'Removed'],
  'create-container': ['Creating', 'Created'],
  'rename-container': ['Recreate', 'Recreated'],
  'start-container': ['Starting', 'Started'],
  'stop-container': ['Stopping', 'Stopped'],
  'run-hook': ['Running hook', 'Ran hook'],
  'kill-container': ['Killing', 'Killed'],
  'remove-container': ['Removing', 'Removed'],
  'wait-running': ['Waiting', 'Running'],
  'wait-healthy': ['Waiting', 'Healthy'],
  'wait-completed': ['Waiting', 'Exited'],
  'run-container': ['Running', 'Exited'],
}

/** What could not be done, in front of its cause: `cannot start web.1`. */
export const attempts: Readonly<Record<OperationKind, string>> = {
  'ensure-image': 'cannot get image',
  'remove-image': 'cannot remove image',
  'create-network': 'cannot create network',
  'check-network': 'cannot recreate network',
  'remove-network': 'cannot remove network',
  'create-volume': 'cannot create volume',
  'check-volume': 'cannot recreate volume',
  'remove-volume': 'cannot remove volume',
  'create-container': 'cannot create',
  'rename-container': 'cannot rename',
  'start-container': 'cannot start',
  'stop-container': 'cannot stop',
  'run-hook': 'a hook of',
  'kill-container': 'cannot kill',
  'remove-container': 'cannot remove',
  'wait-running': 'waiting for',
  'wait-healthy': 'waiting for',
  'wait-completed': 'waiting for',
  'run-container': 'running',
}
