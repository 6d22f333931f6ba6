import type {Service} from '../model/project.ts'

/** The images that a service needs, its own first. */
export const imagesOf = ({
  image,
  preStart = [],
  provider,
}: Pick<Service, 'image' | 'preStart' | 'provider'>): string[] =>
  provider === undefined ? [...new Set([image, ...preStart.map(each => each.image)])] : []
