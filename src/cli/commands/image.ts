import type {Group} from '../commands.ts'

export const imageCommands: Group = {
  summary: 'Work with the images of this machine',
  commands: {
    ls: {load: async () => (await import('./image/ls.ts')).imageLs},
    pull: {load: async () => (await import('./image/pull.ts')).imagePull},
    push: {load: async () => (await import('./image/push.ts')).imagePush},
    tag: {load: async () => (await import('./image/tag.ts')).imageTag},
    rm: {load: async () => (await import('./image/rm.ts')).imageRm},
    prune: {load: async () => (await import('./image/prune.ts')).imagePrune},
    inspect: {load: async () => (await import('./image/inspect.ts')).imageInspect},
    history: {load: async () => (await import('./image/history.ts')).imageHistory},
    load: {load: async () => (await import('./load.ts')).imageLoad},
    save: {load: async () => (await import('./save.ts')).imageSave},
  },
}
