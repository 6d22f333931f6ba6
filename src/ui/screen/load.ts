/** By itself, since few commands show it: the build makes this an import of a file beside the bundle. */
export const loadTerminal = () => import('./terminal.ts')
