import {readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {createSecureContext, rootCertificates, type SecureContext} from 'node:tls'
import {errnoOf, StackError} from '../../../base/error.ts'

/** Where distributions keep the authorities that they trust. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** Whom to trust beside the machine's authorities, and with what to introduce oneself. */
export const certificateDirectories: readonly string[] = ['/etc/docker/certs.d', '/etc/containers/certs.d']

/**
 * What a TLS connection to `host` (with its port, if any) is verified with: SSL_CERT_FILE or the machine's authorities,
 * and of `<directory>/<host>/` the authorities `*.crt` and the client's `*.cert` with `*.key`.
 */
export async function trustFor(
  host: string,
  environment: Readonly<Record<string, string | undefined>>,
  directories: readonly string[],
): Promise<SecureContext> {
  const own = await Promise.all(directories.map(each => ofHost(join(each, host))))
  const authorities = [await machineAuthorities(environment.SSL_CERT_FILE), ...own.flatMap(each => each.authorities)]
  const client = own.find(each => each.client !== undefined)?.client
  try {
    return createSecureContext({ca: authorities.flat(), ...client})
  } catch (cause) {
    throw new StackError('invalid-file', `a certificate for registry ${host} cannot be used`, {cause})
  }
}

async function machineAuthorities(named: string | undefined): Promise<readonly string[]> {
  if (named) {
    return [
      await readFile(named, 'utf8').catch(cause => {
        throw new StackError('io', `SSL_CERT_FILE ${named}: cannot be read`, {cause})
      }),
    ]
  }
  for (const bundle of bundles) {
    const text = await readFile(bundle, 'utf8').catch(() => undefined)
    if (text !== undefined) return [text]
  }
  return rootCertificates
}

type OfHost = {readonly authorities: readonly string[]; readonly client?: {readonly cert: string; readonly key: string}}

async function ofHost(directory: string): Promise<OfHost> {
  const names = await readdir(directory).catch((error): string[] => {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return []
    throw new StackError('io', `${directory}: cannot be read`, {cause: error})
  })
  const read = (name: string) => readFile(join(directory, name), 'utf8')
  const authorities = await Promise.all(names.filter(each => each.endsWith('.crt')).map(read))
  const cert = names.find(each => each.endsWith('.cert'))
  if (cert === undefined) return {authorities}
  const key = cert.replace(/\.cert$/, '.key')
  if (names.includes(key)) return {authorities, client: {cert: await read(cert), key: await read(key)}}
  throw new StackError('invalid-file', `${join(directory, cert)}: its key ${key} is missing beside it`)
}
