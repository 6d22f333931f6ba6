import type {Stage} from './dockerfile/instruction.ts'

/** By its name or number; the last of those given. */
export const stageNamed = (stages: readonly Stage[], name: string): Stage | undefined =>
  stages.findLast(each => each.name === name.toLowerCase()) ?? (/^\d+$/.test(name) ? stages[Number(name)] : undefined)

/** The stages that a stage asks for by a plain name; one with variables in it is begun when it is reached. */
export function dependenciesOf(stages: readonly Stage[], stage: Stage): Stage[] {
  const names = stage.instructions.flatMap(each => {
    if (each.kind === 'copy' || each.kind === 'add') return each.from?.text ?? []
    if (each.kind === 'run') return each.mounts.flatMap(({options}) => options.from?.text ?? [])
    return []
  })
  const before = stages.slice(0, stage.index)
  return [stage.from.image.text, ...names].flatMap(name => stageNamed(before, name) ?? [])
}
