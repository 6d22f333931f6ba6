import type {PruneKind} from '../../../engine/upkeep.ts'
import {command} from '../../command.ts'
import {filtersOf} from '../../filters.ts'
import {prune, pruneOptions} from '../../pruning.ts'

export const systemPrune = command({
  summary: 'Remove what no container uses',
  usage: 'system prune [OPTIONS]',
  details:
    'Containers that do not run, networks, images without a name and steps of builds. Containers that wait for a restart stay, as do volumes that have a name.',
  options: {
    all: {type: 'boolean', short: 'a', description: 'also images that have names'},
    volumes: {type: 'boolean', description: 'also anonymous volumes, with all that is in them'},
    yes: {type: 'boolean', short: 'y', description: 'as --force'},
    ...pruneOptions,
  },
  operands: {maximum: 0},
  async run({values, context}) {
    const filters = filtersOf(values.filter, ['label', 'label!', 'until'])
    const {until: _, ...withoutTime} = filters
    const kinds: ReadonlyArray<readonly [PruneKind, typeof filters, string]> = [
      ['containers', filters, 'containers that do not run'],
      ['networks', filters, 'networks that no container uses'],
      ...(values.volumes ? [['volumes', withoutTime, 'anonymous volumes that no container uses'] as const] : []),
      [
        'images',
        {...filters, dangling: [values.all ? 'false' : 'true']},
        values.all ? 'all images that no container uses' : 'images without a name that no container uses',
      ],
      ['build', filters, 'steps of builds'],
    ]
    return await prune(context, {
      what: kinds.map(([, , words]) => words),
      force: values.force || values.yes,
      kinds: kinds.map(([kind, asked]) => [kind, asked]),
    })
  },
})
