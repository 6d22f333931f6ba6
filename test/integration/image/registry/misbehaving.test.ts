import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import type {ServerResponse} from 'node:http'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {directoryContent} from '../../../support/content.ts'
import {type FakeRegistry, fakeRegistry, loopbackServer, refuse, sendBlob} from '../../../support/registry.ts'
import {bareSurroundings, failure, noise, password, patience, pulled} from '../../../support/registry-client.ts'

let registry: FakeRegistry
beforeEach(async () => {
  registry = await fakeRegistry()
})
afterEach(() => registry.close())

const at = (name: string) => `${registry.host}/${name}`
const isLayer = (path: string | undefined, digest: string) => path?.endsWith(`/blobs/${digest}`) ?? false

/** What was done was the answer. */
const did = (_done: unknown): true => true

/** Sends so many bytes of what it announces as the rest, and cuts the connection. */
function cut(response: ServerResponse, blob: Buffer, start: number, length: number): true {
  const range = start === 0 ? {} : {'content-range': `bytes ${start}-${blob.length - 1}/${blob.length}`}
  response.writeHead(start === 0 ? 200 : 206, {...range, 'content-length': blob.length - start})
  response.flushHeaders()
  if (length > 0) response.write(blob.subarray(start, start + length))
  setTimeout(() => response.destroy(), 10)
  return true
}

describe('a connection that is cut in a layer', () => {
  const bytes = noise(400_000)

  test('is taken up where it broke', async () => {
    const layer = registry.image('v1', [bytes]).layers[0]!
    const starts: number[] = []
    registry.whim = (request, response) => {
      if (!isLayer(request.url, layer.digest)) return false
      const start = Number(/=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      starts.push(start)
      return starts.length <= 3 && cut(response, bytes, start, 100_000)
    }
    await pulled(at('web:v1'))
    // What was sent last may be lost with the connection.
    expect(starts).toHaveLength(4)
    expect(starts[0]).toBe(0)
    for (const [index, start] of starts.slice(1).entries()) {
      expect(start).toBeGreaterThan(starts[index]!)
      expect(start).toBeLessThanOrEqual(starts[index]! + 100_000)
    }
  })

  test('is taken up by a server that knows no ranges', async () => {
    const layer = registry.image('v1', [bytes]).layers[0]!
    let times = 0
    registry.whim = (request, response) => {
      if (!isLayer(request.url, layer.digest)) return false
      delete request.headers.range
      return ++times <= 2 && cut(response, bytes, 0, 150_000)
    }
    await pulled(at('web:v1'))
    expect(times).toBe(3)
  })

  test('over and over is given up, and what came is kept for the next pull', async () => {
    const layer = registry.image('v1', [bytes]).layers[0]!
    let times = 0
    registry.whim = (request, response) => {
      if (!isLayer(request.url, layer.digest)) return false
      times++
      return times === 1 ? cut(response, bytes, 0, 150_000) : cut(response, bytes, 150_000, 0)
    }
    const content = directoryContent()
    const {code, text} = await failure(pulled(at('web:v1'), {content}))
    expect(code).toBe('image-failed')
    expect(text).toContain(`registry ${registry.host}, repository web, layer ${layer.digest}: connection to`)
    expect(times).toBe(patience.attempts)
    expect(readFileSync(`${content.path(layer.digest)}.part`).equals(bytes.subarray(0, 150_000))).toBe(true)

    registry.whim = undefined
    registry.asked.length = 0
    await pulled(at('web:v1'), {content})
    expect(registry.asked.find(each => isLayer(each.path, layer.digest))?.headers.range).toBe('bytes=150000-')
    expect(readFileSync(content.path(layer.digest)).equals(bytes)).toBe(true)
    content.remove()
  })

  test('does not disturb the others, and an end without its length is a cut too', async () => {
    const layers = registry.image('v1', [bytes, noise(1000, 2), noise(1000, 3)]).layers
    let times = 0
    registry.whim = (request, response) => {
      if (!isLayer(request.url, layers[0]!.digest) || ++times > 1) return false
      response.writeHead(200).end(bytes.subarray(0, 1000))
      return true
    }
    await pulled(at('web:v1'))
    expect(times).toBe(2)
    expect(registry.paths('GET').filter(path => isLayer(path, layers[1]!.digest))).toHaveLength(1)
  })
})

test('a manifest that is cut is asked for again', async () => {
  const {manifest} = registry.image('v1', [noise(10)])
  let times = 0
  registry.whim = (request, response) => {
    if (request.method !== 'GET' || !request.url?.includes('/manifests/') || ++times > 2) return false
    return cut(response, registry.manifests.get(manifest.digest)!.bytes, 0, 20)
  }
  await pulled(at('web:v1'))
  expect(times).toBe(3)
})

describe('a layer that is not what it should be', () => {
  const bytes = noise(5000)
  const wrong: Array<[string, (response: ServerResponse) => void, string]> = [
    [
      'too long by its header',
      response => response.writeHead(200, {'content-length': 6000}).end(noise(6000)),
      'sends 6000 bytes where the manifest says 5000',
    ],
    [
      'too short by its header',
      response => response.writeHead(200, {'content-length': 4000}).end(noise(4000)),
      'sends 4000 bytes where the manifest says 5000',
    ],
    ['longer than said', response => response.writeHead(200).end(noise(6000)), 'sends more than the 5000 bytes'],
    ['of other bytes', response => response.writeHead(200).end(noise(5000, 9)), 'wrong bytes'],
  ]
  test.each(wrong)('%s', async (_name, send, words) => {
    const layer = registry.image('v1', [bytes]).layers[0]!
    registry.whim = (request, response) => isLayer(request.url, layer.digest) && did(send(response))
    const content = directoryContent()
    const {code, text} = await failure(pulled(at('web:v1'), {content}))
    expect(code).toBe('image-failed')
    expect(text).toContain(`repository web, layer ${layer.digest}: `)
    expect(text).toContain(words)
    expect(existsSync(content.path(layer.digest))).toBe(false)
    content.remove()
  })

  test('since its beginning is wrong here: it is fetched anew', async () => {
    const layer = registry.image('v1', [bytes]).layers[0]!
    const content = directoryContent()
    writeFileSync(`${content.path(layer.digest)}.part`, noise(1000, 5))
    await pulled(at('web:v1'), {content})
    expect(readFileSync(content.path(layer.digest)).equals(bytes)).toBe(true)
    content.remove()
  })

  test('another range than asked is not taken', async () => {
    const layer = registry.image('v1', [bytes]).layers[0]!
    const content = directoryContent()
    writeFileSync(`${content.path(layer.digest)}.part`, bytes.subarray(0, 1000))
    registry.whim = (request, response) => {
      if (!isLayer(request.url, layer.digest)) return false
      response.writeHead(206, {'content-range': 'bytes 0-4999/5000', 'content-length': 4000}).end(bytes.subarray(1000))
      return true
    }
    expect((await failure(pulled(at('web:v1'), {content}))).text).toContain('another range than asked')
    content.remove()
  })

  test('the manifest of another digest than its header says', async () => {
    registry.image('v1', [bytes])
    const other = `sha256:${'1'.repeat(64)}`
    registry.whim = (request, response) => {
      if (!request.url?.includes('/manifests/')) return false
      response.writeHead(200, {'docker-content-digest': other}).end(request.method === 'HEAD' ? undefined : '{}')
      return true
    }
    expect((await failure(pulled(at('web:v1')))).text).toContain(`for ${other}`)
  })
})

describe('a registry in trouble', () => {
  test.each([500, 502, 503, 504, 429])('%i passes', async status => {
    registry.image('v1', [noise(10)])
    let times = 0
    registry.whim = (request, response) =>
      request.method === 'GET' && request.url !== '/v2/' && ++times <= 2 && refuse(response, status, 'X', 'x')
    await pulled(at('web:v1'))
    expect(times).toBeGreaterThan(4)
  })

  test('for good is given up after so many tries', async () => {
    let times = 0
    registry.whim = (request, response) =>
      request.method === 'GET' && ++times > 0 && refuse(response, 503, 'UNAVAILABLE', 'no database')
    const {code, text, hint} = await failure(pulled(at('web:v1')))
    expect(code).toBe('image-failed')
    expect(text).toContain('answers 503: no database')
    expect(hint).toContain('try again later')
    expect(times).toBe(patience.attempts)
  })

  test('400 is not tried again', async () => {
    let times = 0
    registry.whim = (request, response) => request.method === 'GET' && ++times > 0 && refuse(response, 400, 'X', 'bad')
    await failure(pulled(at('web:v1')))
    expect(times).toBe(1)
  })

  test('Retry-After is waited for', async () => {
    registry.image('v1', [noise(10)])
    const times: number[] = []
    registry.whim = (request, response) => {
      if (request.method !== 'GET' || !request.url?.includes('/manifests/')) return false
      times.push(performance.now())
      return times.length === 1 && refuse(response, 429, 'TOOMANYREQUESTS', 'slow down', {'retry-after': '1'})
    }
    const surroundings = {...bareSurroundings, patience: {...patience, longestWait: 2000}}
    await pulled(at('web:v1'), {surroundings})
    expect(times[1]! - times[0]!).toBeGreaterThan(950)
  })

  test('a Retry-After beyond patience is said', async () => {
    registry.whim = (request, response) =>
      request.method === 'GET' && refuse(response, 429, 'TOOMANYREQUESTS', 'slow down', {'retry-after': '3600'})
    const {text, hint} = await failure(pulled(at('web:v1')))
    expect(text).toContain('too many requests')
    expect(text).toContain('slow down')
    expect(hint).toMatch(/^try again in 3600 s, log in/)
  })
})

describe('a registry that is silent', () => {
  test('before it answers', async () => {
    registry.whim = request => request.url !== '/v2/'
    const surroundings = {...bareSurroundings, patience: {...patience, stall: 60}}
    const {code, text, hint} = await failure(pulled(at('web:v1'), {surroundings}))
    expect(code).toBe('timeout')
    expect(text).toContain('sent nothing for')
    expect(hint).toContain('try again')
  })

  test('amid a layer, or lets it trickle', async () => {
    const layer = registry.image('v1', [noise(5000)]).layers[0]!
    registry.whim = (request, response) => {
      if (!isLayer(request.url, layer.digest)) return false
      response.writeHead(200, {'content-length': 5000})
      const timer = setInterval(() => response.write('x'), 10)
      response.once('close', () => clearInterval(timer))
      return true
    }
    const surroundings = {...bareSurroundings, patience: {...patience, stall: 80, attempts: 2}}
    expect((await failure(pulled(at('web:v1'), {surroundings}))).code).toBe('timeout')
  })

  test('is left at once when the user interrupts', async () => {
    const layer = registry.image('v1', [noise(5000)]).layers[0]!
    const stop = new AbortController()
    registry.whim = request => {
      if (!isLayer(request.url, layer.digest)) return false
      setTimeout(() => stop.abort(), 10)
      return true
    }
    const surroundings = {...bareSurroundings, patience: {...patience, stall: 15_000}}
    const began = performance.now()
    expect((await failure(pulled(at('web:v1'), {surroundings, signal: stop.signal}))).code).toBe('cancelled')
    expect(performance.now() - began).toBeLessThan(5000)
  })
})

describe('a redirect', () => {
  test('of layers to another host goes without our authorization', async () => {
    registry.image('v1', [noise(5000)])
    const seen: Array<string | undefined> = []
    const store = await loopbackServer((request, response) => {
      seen.push(request.headers.authorization)
      sendBlob(
        request,
        response,
        registry.blobs.get(new URL(request.url ?? '', 'http://x').searchParams.get('d') ?? ''),
      )
    })
    registry.whim = (request, response) => {
      if (request.headers.authorization === undefined) {
        return refuse(response, 401, 'UNAUTHORIZED', 'who', {'www-authenticate': 'Basic realm="x"'})
      }
      const digest = /\/blobs\/(.*)/.exec(request.url ?? '')?.[1]
      if (digest === undefined) return false
      response.writeHead(307, {location: `http://${store.host}/x?d=${digest}`}).end()
      return true
    }
    await pulled(at('web:v1'), {auth: password('me', 'secret')})
    expect(seen).toEqual([undefined, undefined])
    await store.close()
  })

  test('to a host that asks for credentials does not get them', async () => {
    registry.image('v1', [noise(5000)])
    const seen: Array<string | undefined> = []
    const store = await loopbackServer((request, response) => {
      seen.push(request.headers.authorization)
      refuse(response, 401, 'UNAUTHORIZED', 'give', {'www-authenticate': 'Basic realm="x"'})
    })
    registry.whim = (request, response) => {
      if (!request.url?.includes('/blobs/')) return false
      response.writeHead(302, {location: `http://${store.host}/x`}).end()
      return true
    }
    await failure(pulled(at('web:v1'), {auth: password('me', 'secret')}))
    expect(seen).toEqual([undefined])
    await store.close()
  })

  test.each([
    ['without end', '/v2/again', 'redirects more than 5 times'],
    ['to a file', 'file:///etc/passwd', 'redirects to nowhere'],
    ['to another machine by HTTP', 'http://elsewhere.test/x', 'is asked for by HTTP, which is not secure'],
  ])('%s is an error', async (_name, location, words) => {
    registry.whim = (request, response) => request.url !== '/v2/' && did(response.writeHead(307, {location}).end())
    expect((await failure(pulled(at('web:v1')))).text).toContain(words)
  })
})
