import {parseDuration} from '../../base/duration.ts'
import {parseFiles} from './files.ts'
import type {Body, Healthcheck} from './instruction.ts'
import {spanOf} from './line.ts'
import {checkFlags, commandOf, flagValue, problem, type Reader, rawOf, rest, wordsOf} from './reader.ts'
import {parseRun} from './run.ts'
import {jsonList, splitWords} from './words.ts'

type Parser = (reader: Reader) => Body | undefined

export const parsers: Readonly<Record<string, Parser>> = {
  from,
  run: parseRun,
  copy: parseFiles,
  add: parseFiles,
  env: pairs,
  label: pairs,
  arg,
  workdir: single,
  user: single,
  stopsignal: single,
  maintainer: single,
  cmd: command,
  entrypoint: command,
  shell,
  expose: words,
  volume: words,
  healthcheck,
  onbuild,
}

function from(reader: Reader): Body | undefined {
  checkFlags(reader, ['platform'])
  const [image, as, name, more] = wordsOf(reader)
  if (image === undefined) return problem(reader, 'FROM needs an image', rest(reader).at, 'write FROM IMAGE [AS NAME]')
  const platform = flagValue(reader, 'platform')
  const both = {kind: 'from' as const, image, ...(platform === undefined ? {} : {platform})}
  if (as === undefined) return both
  if (as.text.toLowerCase() !== 'as' || name === undefined || more !== undefined) {
    return problem(reader, 'FROM takes an image, and AS with a name', (more ?? as).at, 'write FROM IMAGE AS NAME')
  }
  if (!/^[a-z][a-z0-9-_.]*$/i.test(name.text)) {
    return problem(
      reader,
      `"${name.text}" can not name a stage`,
      name.at,
      'letters, digits, "-", "_", ".", a letter first',
    )
  }
  return {...both, name: name.text.toLowerCase()}
}

const kindOf = <Kind extends Body['kind']>({keyword}: Reader, ...kinds: readonly Kind[]): Kind =>
  kinds.find(each => each === keyword.toLowerCase())!

/** `NAME=value …`, or `NAME the rest of the line`. */
function pairs(reader: Reader): Body | undefined {
  const {line, escapeBy, start} = reader
  const kind = kindOf(reader, 'env', 'label')
  const all = splitWords(line.text, escapeBy, start)
  const [first] = all
  if (first !== undefined && !first.text.includes('=')) {
    const from = all[1]?.from
    if (from === undefined)
      return problem(reader, `${reader.keyword} needs a value`, rawOf(line, first).at, 'write NAME=VALUE')
    const value = {text: line.text.slice(from), at: spanOf(line, from, line.text.length)}
    return {kind, pairs: [{name: rawOf(line, first), value}]}
  }
  const found = all.map(word => {
    const cut = word.text.indexOf('=')
    const raw = rawOf(line, word)
    if (cut <= 0) problem(reader, `"${word.text}" is not NAME=VALUE`, raw.at, 'a value with blanks needs quotes')
    return {
      name: {text: word.text.slice(0, cut), at: raw.at},
      value: {text: word.text.slice(cut + 1), at: spanOf(line, word.from + cut + 1, word.from + word.text.length)},
    }
  })
  return {kind, pairs: found}
}

function arg(reader: Reader): Body {
  const names = wordsOf(reader).map(({text, at}) => {
    const [, name = '', , value] = text.match(/^([^=]*)(=(.*))?$/s) ?? []
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) problem(reader, `"${name}" can not name an argument`, at)
    return {name, at, ...(value === undefined ? {} : {value: {text: value, at}})}
  })
  return {kind: 'arg', names}
}

function single(reader: Reader): Body {
  return {kind: kindOf(reader, 'workdir', 'user', 'stopsignal', 'maintainer'), value: rest(reader)}
}

function command(reader: Reader): Body {
  return {kind: kindOf(reader, 'cmd', 'entrypoint'), command: commandOf(reader)}
}

function shell(reader: Reader): Body | undefined {
  const list = jsonList(rest(reader).text)
  if (list !== undefined && list.length > 0) return {kind: 'shell', words: list}
  return problem(reader, 'SHELL needs a list', rest(reader).at, 'write SHELL ["/bin/bash", "-c"]')
}

function words(reader: Reader): Body {
  return {kind: kindOf(reader, 'expose', 'volume'), words: wordsOf(reader)}
}

const durations = {
  interval: 'interval',
  timeout: 'timeout',
  'start-period': 'startPeriod',
  'start-interval': 'startInterval',
} as const

function healthcheck(reader: Reader): Body | undefined {
  checkFlags(reader, [...Object.keys(durations), 'retries'])
  const {text, at} = rest(reader)
  if (/^none$/i.test(text)) return {kind: 'healthcheck', check: 'none'}
  const [keyword = ''] = text.match(/^\S+\s*/) ?? []
  if (keyword.trim().toUpperCase() !== 'CMD') {
    return problem(
      reader,
      `HEALTHCHECK takes CMD or NONE, not "${keyword.trim()}"`,
      at,
      'write HEALTHCHECK CMD COMMAND',
    )
  }
  const times = Object.entries(durations).flatMap(([flag, name]) => {
    const value = flagValue(reader, flag)
    if (value === undefined) return []
    const time = parseDuration(value.text)
    if (time === undefined) problem(reader, `--${flag} is a time such as 30s, not "${value.text}"`, value.at)
    return [[name, time]]
  })
  const retries = flagValue(reader, 'retries')
  if (retries !== undefined && !/^\d+$/.test(retries.text)) problem(reader, '--retries is a number', retries.at)
  const check: Healthcheck = {
    command: commandOf({...reader, start: reader.start + keyword.length}),
    ...Object.fromEntries(times),
    ...(retries === undefined ? {} : {retries: Number(retries.text)}),
  }
  return {kind: 'healthcheck', check}
}

function onbuild(reader: Reader): Body | undefined {
  const {text, at} = rest(reader)
  const keyword = text.split(/\s/)[0]?.toUpperCase() ?? ''
  if (['ONBUILD', 'FROM', 'MAINTAINER'].includes(keyword)) return problem(reader, `ONBUILD can not have ${keyword}`, at)
  if (!(keyword.toLowerCase() in parsers)) return problem(reader, `unknown instruction "${keyword}"`, at)
  const heredocs = reader.line.heredocs.map(each => `\n${each.content}${each.name}`).join('')
  return {kind: 'onbuild', trigger: `${text}${heredocs}`}
}
