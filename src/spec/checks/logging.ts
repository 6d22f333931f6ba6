import type {ServiceCheck} from './check.ts'

/** How much of a log is kept must be understood, or it would be something else than what was meant. */
export const checkLogging: ServiceCheck = (name, {logging}, {tell}) => {
  const {'max-size': size, 'max-file': files} = logging?.options ?? {}
  const at = (option: string) => ['services', name, 'logging', 'options', option]
  const where = `services.${name}.logging.options`
  if (size != null && !/^(-1|\d+\s*[bkmg]?b?)$/i.test(size)) {
    tell('bad-value', at('max-size'), {message: `${where}.max-size is a size like 10m, not "${size}"`})
  }
  if (files != null && !/^[1-9]\d*$/.test(files)) {
    tell('bad-value', at('max-file'), {message: `${where}.max-file is a number of files from 1 on, not "${files}"`})
  }
}
