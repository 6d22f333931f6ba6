import {hashOf} from '../../../base/hash.ts'
import {architecture, sizeOf} from '../measure.ts'
import {type Fittings, plainConfig, type Recipe as RunRecipe} from '../recipes/recipe.ts'
import {recipeFor} from '../recipes/recipes.ts'
import type {Reference} from '../reference.ts'
import {written} from '../reference.ts'
import type {Recipe} from '../store.ts'
import type {Apt} from './apt.ts'
import {packageFiles} from './download.ts'
import {resolve} from './resolve.ts'
import type {Stanza} from './stanza.ts'
import {furnish} from './system.ts'
import {unpack} from './unpack.ts'

/** Counts up when the same packages would be unpacked or furnished in another way. */
const makeup = 1

type AptReference = Extract<Reference, {kind: 'apt'}>

/** An image of the host's packages: which ones apt decides now, the rest is done when the image is made. */
export async function aptImage(apt: Apt, reference: AptReference, progress: (text: string) => void): Promise<Recipe> {
  const recipe = recipeFor(reference.packages)
  const title = written(reference.packages[0]!)
  progress(`${title}: asking apt for what it needs`)
  const packages = await resolve(apt, requestOf(reference, recipe))
  const fittings = recipe.fit(packages)
  const id = hashOf({makeup, architecture, packages: packages.map(written), fittings})
  const {name, version} = packages.find(each => each.name === reference.packages[0]!.name)!
  const tell = (text: string) => progress(`${name} ${version}: ${text}`)
  return {
    id: `sha256:${id}`,
    layers: [{id, fill: directory => fill(directory, {apt, packages, fittings, tell})}],
    describe,
  }

  async function describe(directory: string) {
    const created = Date.now()
    const step = {created, createdBy: reference.text, comment: packages.map(written).join(' '), emptyLayer: false}
    return {
      layers: [id],
      overlays: [],
      config: {...plainConfig, ...fittings.config, labels: {'stack.packages': packages.map(written).join(' ')}},
      created,
      build: {history: [step], onBuild: [], author: ''},
      size: await sizeOf(directory),
      architecture,
    }
  }
}

const requestOf = ({packages}: AptReference, {extra = [], without = []}: RunRecipe) => ({packages, extra, without})

type Parts = {
  readonly apt: Apt
  readonly packages: readonly Stanza[]
  readonly fittings: Fittings
  readonly tell: (text: string) => void
}

async function fill(directory: string, {apt, packages, fittings, tell}: Parts): Promise<void> {
  const files = await packageFiles(apt, packages, tell)
  tell(`unpacking ${files.length} packages`)
  await unpack(files, directory)
  await furnish(directory, fittings)
}
