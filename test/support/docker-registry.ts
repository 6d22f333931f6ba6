import {type ChildProcess, spawn} from 'node:child_process'
import {createPrivateKey, randomUUID, sign, X509Certificate} from 'node:crypto'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {connect, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {delay} from '../../src/base/delay.ts'
import type {Certificate} from './certificate.ts'
import {loopbackServer} from './registry.ts'

export type RegistryOptions = {
  readonly tls?: Certificate
  /** A line of an htpasswd file. */
  readonly htpasswd?: string
  readonly tokens?: {readonly realm: string; readonly certificate: string}
}

/** Docker's own registry, on a port of loopback with an empty directory. */
export async function dockerRegistry({tls, htpasswd, tokens}: RegistryOptions = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'stack-docker-registry-'))
  const port = await freePort()
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const secure = tls && {tls: {certificate: file('cert.pem', tls.cert), key: file('key.pem', tls.key)}}
  const basic = htpasswd && {htpasswd: {realm: 'registry', path: file('htpasswd', `${htpasswd}\n`)}}
  const token = tokens && {
    token: {
      realm: tokens.realm,
      service: 'registry',
      issuer: 'issuer',
      rootcertbundle: file('issuer.pem', tokens.certificate),
    },
  }
  // JSON is YAML.
  const config = {
    version: '0.1',
    log: {level: 'warn'},
    storage: {filesystem: {rootdirectory: join(directory, 'data')}},
    http: {addr: `127.0.0.1:${port}`, ...secure},
    ...(basic || token ? {auth: {...basic, ...token}} : {}),
  }
  const child = spawn('docker-registry', ['serve', file('config.yml', JSON.stringify(config))], {stdio: 'ignore'})
  await listening(child, port)
  return {
    host: `127.0.0.1:${port}`,
    async close() {
      const ended = new Promise(resolve => child.once('exit', resolve))
      if (child.kill('SIGKILL')) await ended
      rmSync(directory, {recursive: true})
    },
  }
}

/** Gives tokens that a registry with this certificate takes, to one user for what he asks, to others for nothing. */
export async function tokenIssuer({cert, key}: Certificate, user: string) {
  const privateKey = createPrivateKey(key)
  const chain = [new X509Certificate(cert).raw.toString('base64')]
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return await loopbackServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://issuer').searchParams
    const isUser = request.headers.authorization === `Basic ${Buffer.from(user).toString('base64')}`
    const access = query.getAll('scope').map(scope => {
      const [type, name, actions = ''] = scope.split(':')
      return {type, name, actions: isUser ? actions.split(',') : []}
    })
    const now = Math.floor(Date.now() / 1000)
    const times = {iat: now - 10, nbf: now - 10, exp: now + 60, jti: randomUUID()}
    const claims = {iss: 'issuer', sub: 'me', aud: query.get('service'), ...times, access}
    const signed = `${encode({typ: 'JWT', alg: 'ES256', x5c: chain})}.${encode(claims)}`
    const signature = sign('sha256', Buffer.from(signed), {key: privateKey, dsaEncoding: 'ieee-p1363'})
    response.end(JSON.stringify({token: `${signed}.${signature.toString('base64url')}`}))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

/** Waits until it listens, for 10 s at most. */
async function listening(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`)
    if (Date.now() > deadline) throw new Error(`docker-registry does not listen on port ${port}`)
    await delay(20)
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
