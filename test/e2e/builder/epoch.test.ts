import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {delay} from '../../../src/base/delay.ts'
import {needs} from '../../support/needs.ts'
import {Workplace} from '../../support/stack.ts'
import {type Store, storesOf} from '../../support/stores.ts'

const long = 'n'.repeat(120)

/** Directories that are filled in another order, links, marks, attributes, and times on both sides of the moment. */
const dockerfile = [
  'FROM scratch AS base',
  'ADD base.tar /',
  'FROM base AS a',
  `RUN mkdir -p /out/x && echo one > /out/x/one && ln /out/x/one /out/x/two && ln -s one /out/x/${long} && mkfifo /out/fifo`,
  'FROM base',
  'ENV A=b',
  'LABEL l=m',
  'WORKDIR /w/d',
  'COPY . /ctx',
  'COPY --from=a /out /out',
  'COPY --chmod=600 --chown=3:4 a link /own/',
  'RUN rm /etc/old && rm -r /etc/dir && mkdir /etc/dir && echo y > /etc/dir/y && cp -p /bin/acl /bin/copied',
  'RUN for i in 9 3 5 1 7; do echo $i > /w/$i; done; mv /ctx/dir /ctx/moved; chmod 700 /tmp; touch -d @500000000 /w/3',
  'VOLUME /v',
  'CMD ["sh"]',
  '',
].join('\n')

const tree = `mkdir -p tree/bin tree/etc/dir tree/tmp ctx/dir
  cp "$(command -v busybox)" tree/bin/busybox
  for name in sh cat ls mkdir touch rm ln chmod mkfifo mv cp; do ln -s busybox tree/bin/$name; done
  cp tree/bin/busybox tree/bin/acl; setcap cap_net_raw+ep tree/bin/acl
  echo 'root:x:0:0::/:/bin/sh' > tree/etc/passwd; echo old > tree/etc/old; echo x > tree/etc/dir/x
  touch -d '2001-02-03 04:05:06.789' tree/etc/passwd
  tar --format=posix --xattrs --xattrs-include=security.capability -C tree -cf ctx/base.tar .
  echo a > ctx/a; for i in 4 2 3 1; do echo $i > ctx/dir/$i; done; ln -s a ctx/link; ln ctx/a ctx/hard
  touch -d '2001-02-03 04:05:06.789' ctx/dir/1`

test('with SOURCE_DATE_EPOCH two machines make the same image, to the byte, and a cache gives it too', async context => {
  needs(context, 'setcap')
  await using place = await Workplace.make({})
  const stores = storesOf(place)
  const made = await place.run('sh', ['-ec', tree])
  expect(made.code, made.all).toBe(0)
  await place.write('ctx/Dockerfile', dockerfile)
  const compose = (more: string) =>
    place.write(
      'compose.yaml',
      `services: {web: {image: "epoch:1", network_mode: none, build: {context: ./ctx, network: none, args: [SOURCE_DATE_EPOCH], ${more}}}}\n`,
    )
  const built = async (at: Store, name: string) => {
    const outcome = await at.stack('build')
    expect(outcome.code, outcome.all).toBe(0)
    const saved = await at.stack('image', 'save', '-o', `${name}.tar`, 'epoch:1')
    expect(saved.code, saved.all).toBe(0)
    const id = (await at.stack('image', 'inspect', 'epoch:1')).stdout.match(/"Id": "(sha256:[0-9a-f]{64})"/)?.[1]
    const digest = createHash('sha256')
      .update(readFileSync(join(place.directory, `${name}.tar`)))
      .digest('hex')
    return {id, digest, said: outcome.all}
  }
  const later = async () => {
    await delay(1100)
    // Of the context what is younger than the moment may be of any time.
    await place.run('sh', ['-c', 'find ctx -newermt 2020-09-14 -exec touch -h {} +'])
  }
  try {
    const epoch = {SOURCE_DATE_EPOCH: '1600000000'}
    await compose('cache_to: ["type=local,dest=./kept,mode=max"]')
    const first = await built(stores.make(epoch), 'one')
    await later()
    await compose('')
    const second = await built(stores.make(epoch), 'two')
    expect(second.said).not.toContain(': cached')
    await later()
    await compose('cache_from: ["type=local,src=./kept"]')
    const third = await built(stores.make(epoch), 'three')
    expect(third.said.match(/: cached$/gm)).toHaveLength(8)
    const listing = (name: string) =>
      execFileSync(
        'sh',
        [
          '-c',
          `mkdir x; tar -C x -xf ${name}.tar; for each in x/blobs/sha256/*; do echo $each; tar --full-time --numeric-owner -tvzf $each 2> /dev/null || cat $each; done; rm -r x`,
        ],
        {
          cwd: place.directory,
          encoding: 'utf8',
        },
      )
    if (second.digest !== first.digest) expect(listing('two')).toBe(listing('one'))
    if (third.digest !== first.digest) expect(listing('three')).toBe(listing('one'))
    expect([second.digest, third.digest]).toEqual([first.digest, first.digest])
    expect([second.id, third.id]).toEqual([first.id, first.id])
  } finally {
    await stores.leave()
  }
})
