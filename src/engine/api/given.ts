/** A member that is there only where it has a value. */
export function given<Key extends string, Value>(key: Key, value: Value | undefined): {[_ in Key]?: Value} {
  return (value === undefined ? {} : {[key]: value}) as {[_ in Key]?: Value}
}
