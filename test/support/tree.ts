import {execFileSync} from 'node:child_process'
import type {Image} from '../../src/model/image.ts'

/** A line for each path, but no time for the root, of which archives seldom tell: what `lstat` says, with content, extended attributes, and the path that it is a hard link to. */
const program = `
import hashlib, os, stat, sys
root = os.fsencode(sys.argv[1])
first = {}
def line(path):
    s = os.lstat(path)
    name = os.path.relpath(path, root).decode('utf8', 'surrogateescape')
    kind = stat.filemode(s.st_mode)
    what = ''
    if stat.S_ISLNK(s.st_mode): what = '-> ' + os.readlink(path).decode('utf8', 'surrogateescape')
    elif stat.S_ISREG(s.st_mode): what = '%d %s' % (s.st_size, hashlib.sha256(open(path, 'rb').read()).hexdigest()[:16])
    elif stat.S_ISCHR(s.st_mode) or stat.S_ISBLK(s.st_mode): what = '%d:%d' % (os.major(s.st_rdev), os.minor(s.st_rdev))
    if not stat.S_ISDIR(s.st_mode):
        same = first.setdefault(s.st_ino, name)
        if same != name: what += ' = ' + same
    xattrs = sorted(x for x in os.listxattr(path, follow_symlinks=False) if not x.startswith('trusted.'))
    values = ' '.join(x + '=' + os.getxattr(path, x, follow_symlinks=False).hex() for x in xattrs)
    time = 'whenever' if name == '.' else s.st_mtime_ns
    print(name, kind, '%d:%d' % (s.st_uid, s.st_gid), time, what, values)
def visit(path):
    line(path)
    if os.path.islink(path) or not os.path.isdir(path): return
    for each in sorted(os.listdir(path)): visit(os.path.join(path, each))
visit(root)
`

/** What is in a directory, in the order of names. */
export function treeOf(directory: string): string[] {
  return lines(execFileSync('python3', ['-c', program, directory], {encoding: 'utf8', maxBuffer: 1 << 28}))
}

/** What a container of an image would see, by the kernel's own overlay. */
export function treeOfImage({layers}: Pick<Image, 'layers'>): string[] {
  const script = [
    'mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work /mnt/root',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    'chown --reference="${1%%:*}" /mnt/upper && chmod --reference="${1%%:*}" /mnt/upper',
    'mount -t overlay overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root',
    'exec python3 -c "$2" /mnt/root',
  ].join(' && ')
  const words = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', layers.join(':'), program]
  return lines(execFileSync('unshare', words, {encoding: 'utf8', maxBuffer: 1 << 28}))
}

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map(each => each.trimEnd())
    .filter(each => each !== '')
