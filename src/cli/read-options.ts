import type {ReadOptions} from '../spec/read-surroundings.ts'
import type {Io} from './context.ts'
import type {Globals} from './globals.ts'

/** Which files to read, as the command line and the process say. */
export const readOptions = (globals: Globals, {directory, environment, onRead}: Io): ReadOptions => ({
  files: globals.file,
  projectDirectory: globals['project-directory'],
  envFiles: globals['env-file'],
  profiles: globals.profile,
  projectName: globals['project-name'],
  cwd: directory,
  env: environment,
  onRead,
})
