/** What serves in place of well-known names of Docker's hub; said in a hint, never taken silently. */
const standIns: ReadonlyArray<readonly [names: readonly string[], reference: string]> = [
  [['postgres', 'postgresql'], 'apt://postgresql'],
  [['redis'], 'apt://redis-server'],
  [['valkey'], 'apt://valkey-server'],
  [['nginx'], 'apt://nginx'],
  [['memcached'], 'apt://memcached'],
  [['httpd'], 'apt://apache2'],
  [['python'], 'apt://python3'],
  [['golang'], 'apt://golang'],
  [['php'], 'apt://php-cli'],
  [['ruby'], 'apt://ruby'],
  [['node', 'alpine', 'busybox', 'debian', 'ubuntu'], 'host://'],
]

export const standInFor = (name: string): string | undefined => standIns.find(([names]) => names.includes(name))?.[1]
