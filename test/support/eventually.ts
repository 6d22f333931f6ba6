/** Asks until the answer is neither false nor an error; 10 s unless told. The last error says what was wrong. */
export async function eventually<T>(check: () => T | Promise<T>, {seconds = 10} = {}): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    try {
      const answer = await check()
      if (answer !== false && answer !== undefined) return answer
      if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${check}`)
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
