import {command} from '../../command.ts'
import {filtersOf} from '../../filters.ts'
import {prune, pruneOptions} from '../../pruning.ts'

export const imagePrune = command({
  summary: 'Remove images that no container uses',
  usage: 'image prune [OPTIONS]',
  options: {
    all: {type: 'boolean', short: 'a', description: 'also those that have names'},
    ...pruneOptions,
  },
  operands: {maximum: 0},
  async run({values, context}) {
    const filters = filtersOf(values.filter, ['label', 'label!', 'until'])
    const what = values.all ? 'all images that no container uses' : 'images without a name that no container uses'
    const dangling = [values.all ? 'false' : 'true']
    return await prune(context, {what: [what], force: values.force, kinds: [['images', {...filters, dangling}]]})
  },
})
