import type {ServiceCheck} from './check.ts'

/** What is run inside a container has to say what. */
export const checkHooks: ServiceCheck = (name, service, {tell}) => {
  for (const moment of ['post_start', 'pre_stop'] as const) {
    service[moment]?.forEach(({command}, index) => {
      if (command != null && command.length > 0 && command[0] !== '') return
      tell('bad-value', ['services', name, moment, index, 'command'], {
        message: `services.${name}.${moment}[${index}].command is empty`,
        hint: `command: echo hello`,
      })
    })
  }
}
