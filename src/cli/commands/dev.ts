import {command} from '../command.ts'
import {upOptions} from '../up-options.ts'
import {up} from './up.ts'

const {watch: _, detach: _detach, 'no-start': _noStart, wait: _wait, ...options} = upOptions

export const dev = command({
  summary: 'Start all, show its output, and bring changed files into it',
  usage: 'dev [OPTIONS] [SERVICE...]',
  details: 'The same as "stack up --watch --remove-orphans".',
  options,
  run: ({values, operands, context}) =>
    up.run({
      values: {...values, watch: true, 'remove-orphans': true, detach: false, 'no-start': false, wait: false},
      operands,
      context,
    }),
})
