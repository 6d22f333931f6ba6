/** Resolves after so many milliseconds: true, or false when `signal` cut it short. */
export function delay(milliseconds: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve(false)
    const settle = (whole: boolean) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cut)
      resolve(whole)
    }
    const cut = () => settle(false)
    const timer = setTimeout(() => settle(true), milliseconds)
    signal?.addEventListener('abort', cut)
  })
}
