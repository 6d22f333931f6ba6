import {StackError} from '../../base/error.ts'

/** Who the program runs as, in numbers, and where that one is at home. */
export type ResolvedUser = {
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
  readonly home: string
}

/** The container's own accounts: contents of /etc/passwd and /etc/group, '' where there is none. */
export type Accounts = {readonly passwd: string; readonly group: string}

type Account = {readonly name: string; readonly uid: number; readonly gid: number; readonly home: string}
type Group = {readonly name: string; readonly gid: number; readonly members: readonly string[]}

/**
 * `user[:group]`, names or numbers; '' is root. Numbers need no entry. Supplementary groups come from the group file
 * unless a group was named, as Docker has it; `added` always come on top.
 */
export function resolveUser(spec: string, added: readonly string[], accounts: Accounts): ResolvedUser {
  const [wantedUser = '', wantedGroup = ''] = spec.split(':')
  const groups = parseGroups(accounts.group)
  const account = findAccount(wantedUser, accounts.passwd)
  const member = wantedGroup === '' ? groups.filter(each => each.members.includes(account.name)) : []
  return {
    uid: account.uid,
    gid: wantedGroup === '' ? account.gid : groupNumber(wantedGroup, groups),
    groups: [...new Set([...member.map(each => each.gid), ...added.map(each => groupNumber(each, groups))])],
    home: account.home,
  }
}

function findAccount(wanted: string, passwd: string): Account {
  const known = parseAccounts(passwd)
  const number = wanted === '' ? 0 : asNumber(wanted)
  const found = known.find(each => each.name === wanted) ?? known.find(each => each.uid === number)
  if (found !== undefined) return found
  if (number !== undefined) return {name: '', uid: number, gid: 0, home: '/'}
  throw new StackError('start-failed', `unable to find user "${wanted}": no matching entries in passwd file`, {
    hint: 'the name must be in /etc/passwd of the image; a number needs no entry',
  })
}

function groupNumber(wanted: string, groups: readonly Group[]): number {
  const gid = groups.find(each => each.name === wanted)?.gid ?? asNumber(wanted)
  if (gid !== undefined) return gid
  throw new StackError('start-failed', `unable to find group "${wanted}": no matching entries in group file`, {
    hint: 'the name must be in /etc/group of the image; a number needs no entry',
  })
}

function parseAccounts(passwd: string): Account[] {
  return fieldsOf(passwd).flatMap(([name = '', , uid, gid, , home]) => {
    const [user, group] = [asNumber(uid), asNumber(gid)]
    return user === undefined || group === undefined ? [] : [{name, uid: user, gid: group, home: home || '/'}]
  })
}

function parseGroups(group: string): Group[] {
  return fieldsOf(group).flatMap(([name = '', , gid, members = '']) => {
    const number = asNumber(gid)
    return number === undefined ? [] : [{name, gid: number, members: members.split(',').filter(each => each !== '')}]
  })
}

const fieldsOf = (text: string): string[][] =>
  text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => line.split(':'))

/** uid_t's largest value means "no change" to the kernel. */
function asNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined
  const number = Number(text)
  return number < 0xffffffff ? number : undefined
}
