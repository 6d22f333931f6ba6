import type {Canonical, CanonicalService} from '../canonical-form.ts'
import type {Path} from '../path.ts'
import type {Code} from '../problem.ts'

/** Says what is wrong at a path; the place in the file is found from it. */
export type Tell = (
  code: Code,
  path: Path,
  text: {readonly message: string; readonly hint?: string | undefined},
) => void
/** A rule over one service, with the whole model beside it. */
export type ServiceCheck = (
  name: string,
  service: CanonicalService,
  from: {readonly model: Canonical; readonly tell: Tell},
) => void
