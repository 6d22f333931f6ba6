/** Kernel settings that each ipc namespace has for itself. */
const ipc = /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\.[a-z_]+)$/
const network = /^net(\.[a-zA-Z0-9_-]+)+$/

/** Whose a kernel setting is: of a container's own namespaces, or everybody's. */
export const sysctlScope = (name: string): 'ipc' | 'network' | 'machine' =>
  network.test(name) ? 'network' : ipc.test(name) ? 'ipc' : 'machine'

export const sysctlHint = 'only net.*, fs.mqueue.* and the kernel.msg*, kernel.sem and kernel.shm* settings are its own'
