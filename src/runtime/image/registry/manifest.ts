import {member} from '../../../base/foreign.ts'
import type {Descriptor, Platform} from '../../../model/oci.ts'
import {textOf} from '../../../registry/auth.ts'

export type Manifest =
  | {readonly kind: 'index'; readonly mediaType: string; readonly manifests: readonly Descriptor[]}
  | {
      readonly kind: 'image'
      readonly mediaType: string
      readonly config: Descriptor
      readonly layers: readonly Descriptor[]
    }

/** Why a manifest is of no use: `what` follows the image's name in a message. */
export type Unusable = {readonly kind: 'unusable'; readonly what: string; readonly hint?: string}

export const mediaTypes = {
  index: ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'],
  image: ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'],
} as const

export const accepted: string = [...mediaTypes.index, ...mediaTypes.image].join(', ')

export const largestManifest = 4 * 1024 * 1024
export const largestConfig = 8 * 1024 * 1024
const mostLayers = 1000

const schema1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/
const configType =
  /^application\/(vnd\.docker\.container\.image\.v1\+json|vnd\.oci\.image\.config\.v1\+json|octet-stream)$/
const layerType =
  /^application\/vnd\.(docker\.image\.rootfs\.(diff|foreign\.diff)\.tar(\.(gzip|zstd))?|oci\.image\.layer\.(nondistributable\.)?v1\.tar(\+(gzip|zstd))?)$/

/** What BuildKit keeps of builds is of a form of its own. */
const foreignCache = 'application/vnd.buildkit.cacheconfig.v0'

/** Reads a manifest of Docker or OCI, by what it says it is. `configs`: types of a configuration, beside an image's. */
export function parseManifest(bytes: Uint8Array, contentType: string, configs?: RegExp): Manifest | Unusable {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(bytes))
  } catch {
    return unusable('has a manifest that is not JSON')
  }
  const declared = textOf(value, 'mediaType')
  if (member(value, 'schemaVersion') === 1 || schema1.test(declared)) {
    return unusable('has a manifest of schema 1, which is obsolete', 'push it again with a present-day client')
  }
  const [manifests, layers] = [member(value, 'manifests'), member(value, 'layers')]
  if (manifests !== undefined && (layers !== undefined || member(value, 'config') !== undefined)) {
    return unusable('has a manifest that is an image and an index at once')
  }
  const mediaType =
    declared || typeOf(contentType) || (Array.isArray(manifests) ? mediaTypes.index : mediaTypes.image)[0]
  return Array.isArray(manifests) ? indexOf(manifests, mediaType) : imageOf({value, layers, mediaType, configs})
}

/** What the answer's header says, unless that is nothing in particular. */
function typeOf(contentType: string): string {
  const type = (contentType.split(';')[0] ?? '').trim()
  return /^(application\/(json|octet-stream)|text\/plain)?$/.test(type) ? '' : type
}

function indexOf(manifests: readonly unknown[], mediaType: string): Manifest | Unusable {
  if (!isOneOf(mediaTypes.index, mediaType)) return unusable(`has an index that says it is ${mediaType}`)
  const read = manifests.map(descriptorOf)
  if (!read.every(each => each !== undefined)) return unusable('has an index that is malformed')
  if (read.some(each => each.mediaType === foreignCache)) return unusable(...ofBuildKit)
  return {kind: 'index', mediaType, manifests: read}
}

const ofBuildKit = ['is a build cache of BuildKit, whose form is not read here', 'write one with cache_to'] as const

type Parts = {
  readonly value: unknown
  readonly layers: unknown
  readonly mediaType: string
  readonly configs: RegExp | undefined
}

function imageOf({value, layers, mediaType, configs}: Parts): Manifest | Unusable {
  if (!isOneOf(mediaTypes.image, mediaType)) return unusable(`has a manifest that says it is ${mediaType}`)
  const config = descriptorOf(member(value, 'config'))
  const read = Array.isArray(layers) ? layers.map(descriptorOf) : undefined
  if (config === undefined || read === undefined || !read.every(each => each !== undefined)) {
    return unusable('has a manifest that is malformed')
  }
  if (config.mediaType === foreignCache) return unusable(...ofBuildKit)
  if (!configType.test(config.mediaType) && configs?.test(config.mediaType) !== true) {
    return unusable(`is no container image but ${textOf(value, 'artifactType') || config.mediaType}`)
  }
  if (config.size > largestConfig) return unusable(`has a configuration of ${config.size} bytes`)
  if (read.length > mostLayers) return unusable(`has ${read.length} layers`)
  const strange = read.find(each => !layerType.test(each.mediaType))
  if (strange !== undefined) return unusable(`has a layer of type ${strange.mediaType}, which cannot be unpacked`)
  return {kind: 'image', mediaType, config, layers: read}
}

const isOneOf = (types: readonly string[], type: string): boolean => types.includes(type)

const unusable = (what: string, hint?: string): Unusable =>
  hint === undefined ? {kind: 'unusable', what} : {kind: 'unusable', what, hint}

function descriptorOf(value: unknown): Descriptor | undefined {
  const [mediaType, digest, size] = [textOf(value, 'mediaType'), textOf(value, 'digest'), member(value, 'size')]
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined
  if (!/^[\w.+/-]{1,200}$/.test(mediaType) || !/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined
  const [urls, platform] = [member(value, 'urls'), platformOf(member(value, 'platform'))]
  return {
    mediaType,
    digest,
    size,
    ...(Array.isArray(urls) ? {urls: urls.filter(each => typeof each === 'string')} : {}),
    ...(platform === undefined ? {} : {platform}),
    ...annotationsOf(member(value, 'annotations')),
  }
}

/** Of an index's entry, or of an image's configuration, which has the same fields. */
export function platformOf(value: unknown): Platform | undefined {
  const [os, architecture, variant] = [textOf(value, 'os'), textOf(value, 'architecture'), textOf(value, 'variant')]
  if (os === '' || architecture === '') return undefined
  return {os, architecture, ...(variant === '' ? {} : {variant})}
}

function annotationsOf(value: unknown): {annotations?: Record<string, string>} {
  if (value === null || typeof value !== 'object') return {}
  const texts = Object.entries(value).filter((each): each is [string, string] => typeof each[1] === 'string')
  return {annotations: Object.fromEntries(texts)}
}
