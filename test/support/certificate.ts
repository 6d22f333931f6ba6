import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

export type Certificate = {readonly cert: string; readonly key: string}

/** A certificate for these hosts that signs itself, made by openssl; valid for a day. */
export function selfMade(names: readonly string[]): Certificate {
  const directory = mkdtempSync(join(tmpdir(), 'stack-certificate-'))
  try {
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
    const alternatives = names.map(each => (/^[\d.]+$/.test(each) ? `IP:${each}` : `DNS:${each}`)).join(',')
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const subject = ['-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${alternatives}`, '-days', '1']
    execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert], {stdio: 'pipe'})
    return {cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8')}
  } finally {
    rmSync(directory, {recursive: true})
  }
}
