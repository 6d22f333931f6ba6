/** Integration and end-to-end tests make bridges, mounts and daemons: never on the machine itself. */
export default function setup(): void {
  if (process.env.STACK_PRIVATE_HOST !== undefined) return
  throw new Error('these tests run on a private host only: npm test, or scripts/private-host npx vitest run FILE')
}
