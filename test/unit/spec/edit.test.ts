import {describe, expect, test} from 'vitest'
import {withWatchRules} from '../../../src/spec/edit.ts'

const rules = [{action: 'restart', path: './src', ignore: ['**/node_modules']}]
const edited = (text: string, service = 'web') => withWatchRules(text, service, rules)

describe('a rule is written below its service, and nothing else is touched', () => {
  test('comments, quotes, order and odd indentation stay', () => {
    const text = `# shop
services:
    web:   # the front
        image:   'node:20'
        command: ["node",  "src/a.mjs"]   # not watched
        volumes:
        - ./src:/src   # the source
        # more volumes come here

    # the store
    db: {image: redis}
volumes: {}
`
    expect(edited(text)).toMatchInlineSnapshot(`
      "# shop
      services:
          web:   # the front
              image:   'node:20'
              command: ["node",  "src/a.mjs"]   # not watched
              volumes:
              - ./src:/src   # the source
              develop:
                watch:
                  - action: restart
                    path: ./src
                    ignore:
                      - "**/node_modules"
              # more volumes come here

          # the store
          db: {image: redis}
      volumes: {}
      "
    `)
  })

  test('a service that ends the file, without a newline', () => {
    expect(edited('services:\n  web:\n    image: a')).toBe(
      'services:\n  web:\n    image: a\n    develop:\n      watch:\n        - action: restart\n          path: ./src\n          ignore:\n            - "**/node_modules"\n',
    )
  })

  test('a develop section that is there, a block of text at the end, lines that end as on Windows', () => {
    expect(edited('services:\n  web:\n    image: a\n    develop:\n      x-note: b\n    tty: true\n')).toContain(
      '      x-note: b\n      watch:\n        - action: restart\n',
    )
    expect(
      edited('services:\n  web:\n    image: a\n    command: |\n      one\n      two\n\n  db:\n    image: b\n'),
    ).toContain('    develop:\n      watch:\n')
    const windows = edited('services:\r\n  web:\r\n    image: a\r\n')
    expect(windows?.replaceAll('\r\n', '')).not.toContain('\n')
  })

  test('between braces it is laid out anew', () => {
    expect(edited('services:\n  web: {image: a} # here\n  db: {image: b}\n')).toMatchInlineSnapshot(`
      "services:
        web: {image: a, develop: {watch: [{action: restart, path: ./src, ignore: ["**/node_modules"]}]}} # here
        db: {image: b}
      "
    `)
  })

  test.each([
    ['other', 'services:\n  web:\n    image: a\n'],
    ['web', 'services:\n  web:\n    image: a\n    develop:\n      watch: []\n'],
    ['web', 'services:\n  web: *base\n'],
    ['web', 'x-base: &base\n  image: a\nservices:\n  web: *base\n'],
    ['web', 'services:\n  web: &web\n    image: a\n  two: *web\n'],
    ['web', 'services: [\n'],
    ['web', 'services:\n  web:\n'],
  ])('%s is refused in %j', (service, text) => {
    expect(edited(text, service)).toBeUndefined()
  })
})
