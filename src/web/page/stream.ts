/** Takes server-sent events apart; pieces may be cut anywhere. `heard` gets the data of each. */
export function eventReader(heard: (data: string) => void): (piece: string) => void {
  let rest = ''
  return piece => {
    const events = (rest + piece).split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) {
      const data = event
        .split('\n')
        .filter(line => line.startsWith('data: '))
        .map(line => line.slice('data: '.length))
      if (data.length > 0) heard(data.join('\n'))
    }
  }
}
