export type Spark = {readonly line: string; readonly area: string; readonly highest: number}
export type SparkSize = {
  readonly width: number
  readonly height: number
  /** How many values fill the width; fewer stand at the right. */
  readonly points: number
  /** The least that the height stands for: noise of nothing is a flat line. */
  readonly floor: number
}

/** The paths of a small chart, with a pixel of air above and below. */
export function spark(values: readonly number[], {width, height, points, floor}: SparkSize): Spark {
  const highest = values.reduce((most, each) => Math.max(most, each), 0)
  if (values.length === 0) return {line: '', area: '', highest}
  const most = Math.max(highest, floor)
  const step = width / Math.max(1, points - 1)
  const first = width - (values.length - 1) * step
  const at = (value: number, index: number) =>
    `${short(first + index * step)},${short(height - 1 - (value / most) * (height - 2))}`
  const whole = values.map(at)
  const line = `M${whole.length === 1 ? `${short(width - 1)},${whole[0]!.split(',')[1]}L${whole[0]}` : whole.join('L')}`
  const left = /^M([^,]+),/.exec(line)![1]!
  return {line, area: `${line}L${short(width)},${height}L${left},${height}Z`, highest}
}

const short = (value: number): string => String(Math.round(value * 10) / 10)
