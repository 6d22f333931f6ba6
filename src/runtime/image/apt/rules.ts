import {edge} from './closure.ts'

/** A shell, the small programs that scripts take for granted, name services and certificates: in every apt:// image. */
export const base: readonly string[] = [
  'base-files',
  'base-passwd',
  'bash',
  'ca-certificates',
  'coreutils',
  'dash',
  'debianutils',
  'findutils',
  'grep',
  'gzip',
  'hostname',
  'libc-bin',
  'mawk',
  'netbase',
  'sed',
]

/**
 * What only installs, configures or supervises packages on a host: no maintainer script ever runs here, the engine
 * starts the programs, and C.UTF-8 is the locale. Whoever names one of them in the reference gets it.
 */
export const denied: readonly string[] = [
  'adduser',
  'cdebconf',
  'cron',
  'cron-daemon-common',
  'dbus',
  'debconf',
  'debconf-2.0',
  'default-dbus-system-bus',
  'dpkg',
  'init',
  'init-system-helpers',
  'install-info',
  'locales',
  'locales-all',
  'logrotate',
  'lsb-base',
  'passwd',
  'postgresql-client-common',
  'postgresql-common',
  'ssl-cert',
  'systemd',
  'systemd-sysv',
  'sysvinit-utils',
  'ucf',
  'usr-is-merged',
  'usrmerge',
]

/** Packages that one program needs and another has for its scripts alone. */
export const cut: readonly string[] = [
  edge('base-passwd', 'libdebconfclient0'),
  edge('ca-certificates', 'openssl'),
  edge('nginx', 'iproute2'),
  edge('nginx-common', 'iproute2'),
]
