import type {Service} from '../model/project.ts'

/** The images that a service needs, its own first. */
export const imagesOf = ({image, preStart = []}: Pick<Service, 'image' | 'preStart'>): string[] => [
  ...new Set([image, ...preStart.map(each => each.image)]),
]
