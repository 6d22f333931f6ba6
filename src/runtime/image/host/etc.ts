/**
 * Files of /etc in a host:// image that are ours: the accounts are those of a fresh system, none of the host's, and
 * there is no shadow, no key, no machine-id.
 */
export const freshFiles: Readonly<Record<string, string>> = {
  passwd: [
    'root:x:0:0:root:/root:/bin/sh',
    'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin',
    'bin:x:2:2:bin:/bin:/usr/sbin/nologin',
    'www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin',
    'user:x:1000:1000::/home/user:/bin/sh',
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
    '',
  ].join('\n'),
  group: [
    'root:x:0:',
    'daemon:x:1:',
    'bin:x:2:',
    'tty:x:5:',
    'www-data:x:33:',
    'user:x:1000:',
    'nogroup:x:65534:',
    '',
  ].join('\n'),
  'nsswitch.conf':
    'passwd: files\ngroup: files\nhosts: files dns\nnetworks: files\nservices: files\nprotocols: files\n',
  shells: '/bin/sh\n/bin/bash\n',
}

/** Files of the host's /etc that programs of its /usr read and that tell nothing of the host. Missing ones are skipped. */
export const publicFiles: readonly string[] = [
  'ld.so.cache',
  'ld.so.conf',
  'mime.types',
  'protocols',
  'services',
  'ssl/openssl.cnf',
  'timezone',
]

/** Directories of the host's /etc with files of which only some are taken along: see `takes`. */
export const publicDirectories: ReadonlyArray<{
  readonly path: string
  readonly of: 'loader' | 'links' | 'certificates'
}> = [
  {path: 'ld.so.conf.d', of: 'loader'},
  {path: 'alternatives', of: 'links'},
  {path: 'ssl/certs', of: 'certificates'},
  {path: 'pki/tls/certs', of: 'certificates'},
  {path: 'pki/ca-trust/extracted/pem', of: 'certificates'},
]

/** Whether a link of the host means something in the image: what is below /usr or beside it, but no manual page. */
export const isPublicLink = (target: string): boolean =>
  (target.startsWith('/usr/') && !target.startsWith('/usr/share/man/')) ||
  target.startsWith('/etc/alternatives/') ||
  !target.includes('/')

/** Public certificates only: a file with a key in it stays on the host. */
export const isCertificate = (text: string): boolean =>
  text.includes('BEGIN ') && text.includes('CERTIFICATE-----') && !text.includes('PRIVATE KEY')
