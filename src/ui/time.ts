const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** Up to how many seconds which words are used; Docker's own thresholds, so that columns read alike. */
const words: ReadonlyArray<readonly [below: number, say: (seconds: number) => string]> = [
  [1, () => 'Less than a second'],
  [2, () => '1 second'],
  [minute, seconds => `${seconds} seconds`],
  [2 * minute, () => 'About a minute'],
  [hour, seconds => `${Math.floor(seconds / minute)} minutes`],
  [2 * hour, () => 'About an hour'],
  [2 * day, seconds => `${Math.floor(seconds / hour)} hours`],
  [14 * day, seconds => `${Math.floor(seconds / day)} days`],
  [60 * day, seconds => `${Math.floor(seconds / day / 7)} weeks`],
  [730 * day, seconds => `${Math.floor(seconds / day / 30)} months`],
  [Number.POSITIVE_INFINITY, seconds => `${Math.floor(seconds / day / 365)} years`],
]

/** `2 hours`, `Less than a second`: how `ps` words a time span in milliseconds. */
export function roughly(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  return words.find(([below]) => seconds < below)![1](seconds)
}

/** `3 minutes ago` */
export const ago = (then: number, now: number): string => `${roughly(now - then)} ago`
