/** Directories of the layers below, uppermost first, when all of these are whole. */
export type Below = () => Promise<string[]>

export type NewLayer = {readonly id: string; fill(directory: string, below: Below): Promise<void>}

type Filling = NewLayer & {readonly directory: string; readonly isMade: boolean}

/** As many as there are likely to be processors for: unpacking is work, not waiting. */
const width = 2

/**
 * Fills the directories of an image's layers, lowest first, the next ones while those below are not done. The first
 * failure is thrown when all have ended that had begun.
 */
export async function fillLayers(layers: readonly Filling[]): Promise<void> {
  const whole: Array<Promise<void>> = []
  const failures: unknown[] = []
  const waiting = [...layers.entries()]
  const below = (index: number) => async (): Promise<string[]> => {
    await Promise.all(whole.slice(0, index))
    return layers
      .slice(0, index)
      .map(each => each.directory)
      .reverse()
  }
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined && failures.length === 0; next = waiting.shift()) {
      const [index, {directory, fill, isMade}] = next
      whole[index] = isMade ? Promise.resolve() : fill(directory, below(index))
      await whole[index].catch(error => failures.push(error))
    }
  }
  await Promise.all(Array.from({length: width}, worker))
  if (failures.length > 0) throw failures[0]
}
