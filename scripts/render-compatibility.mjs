// Renders docs/compatibility.md from schemas/support.json.
import {readFileSync, writeFileSync} from 'node:fs'

const rows = JSON.parse(readFileSync(new URL('../schemas/support.json', import.meta.url), 'utf8'))

const words = {
  supported: 'yes',
  partial: 'in part',
  warned: 'no: a warning',
  rejected: 'no: an error',
}

/** The page, from the table that the program itself uses. */
export function compatibility() {
  const lines = Object.entries(rows).map(([pattern, row]) => {
    const {support, because = ''} = row === 'supported' ? {support: 'supported'} : row
    return `| \`${pattern}\` | ${words[support]} | ${because} |`
  })
  return `# What of the Compose Specification is honoured

Made from schemas/support.json by scripts/render-compatibility.mjs: do not edit.
Nothing is dropped silently: what has no effect is a warning by name, what would change the meaning is an error.
What stands below an attribute that is not honoured is not honoured either. \`x-*\` may stand everywhere.

| attribute | honoured | |
|---|---|---|
${lines.join('\n')}
`
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  writeFileSync(new URL('../docs/compatibility.md', import.meta.url), compatibility())
}
