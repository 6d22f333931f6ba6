import type {Group} from '../commands.ts'

export const systemCommands: Group = {
  summary: 'See what takes place on the disk, and give it back',
  commands: {
    df: {load: async () => (await import('./system/df.ts')).systemDf},
    prune: {load: async () => (await import('./system/prune.ts')).systemPrune},
  },
}
