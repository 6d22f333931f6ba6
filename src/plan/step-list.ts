import type {Operation, Step} from './step.ts'

export type Edges = {readonly after?: readonly Step[]; readonly settled?: readonly Step[]; readonly destroys?: string}

/** Collects steps in an order that respects their edges: a step can only name those that are there. */
export class StepList {
  readonly steps: Step[] = []

  add(operation: Operation, because: string, {after = [], settled = [], destroys}: Edges = {}): Step {
    const firm = [...new Set(after)]
    const step = {
      operation,
      because,
      after: firm,
      settled: [...new Set(settled)].filter(each => !firm.includes(each)),
      ...(destroys === undefined ? {} : {destroys}),
    }
    this.steps.push(step)
    return step
  }
}
