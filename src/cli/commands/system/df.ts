import {table} from '../../../ui/table.ts'
import {command} from '../../command.ts'
import {details, summaryOf} from '../../disk-usage.ts'
import {renderListing} from '../../listing.ts'
import {upkeepOf} from '../../pruning.ts'

export const systemDf = command({
  summary: 'Show what takes place on the disk',
  usage: 'system df [OPTIONS]',
  options: {
    format: {type: 'choice', choices: ['table', 'json'], description: 'table, or one JSON object a line'},
    verbose: {type: 'boolean', short: 'v', description: 'each thing by itself'},
  },
  operands: {maximum: 0},
  async run({values, context}) {
    const usage = await (await upkeepOf(context)).usage()
    if (!values.verbose) {
      context.print(await renderListing(summaryOf(usage), {format: values.format, quiet: false}))
      return 0
    }
    const parts = details(usage, Date.now())
    if (values.format === 'json') context.print(`${JSON.stringify(usage)}\n`)
    else {
      for (const {title, headings, rows} of parts) context.print(`${title}:\n\n${await table(headings, rows)}\n`)
    }
    return 0
  },
})
