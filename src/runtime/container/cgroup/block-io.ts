import type {BlockIo} from '../../../model/resources.ts'
import {type CgroupWrite, write} from './limits.ts'

const lacking = 'this kernel weighs no block I/O: blkio_config.weight and weight_device have no effect'
const unlimited = {lacking: 'this kernel limits no block I/O: the rates of blkio_config have no effect'}

/** Paths of `io` are numbers of devices by now, `8:0`. */
export function blockIoWrites(version: 1 | 2, io: BlockIo | undefined): CgroupWrite[] {
  if (io === undefined) return []
  return version === 2 ? [...unifiedWeights(io), ...unifiedRates(io)] : [...legacyWeights(io), ...legacyRates(io)]
}

function legacyWeights({weight, weightDevice}: BlockIo): CgroupWrite[] {
  return [
    ...write('blkio', 'blkio.weight', weight, {instead: {file: 'blkio.bfq.weight', value: weight}, lacking}),
    ...weightDevice.flatMap(each => {
      const value = `${each.path} ${each.weight}`
      return write('blkio', 'blkio.weight_device', value, {instead: {file: 'blkio.bfq.weight_device', value}, lacking})
    }),
  ]
}

function unifiedWeights({weight, weightDevice}: BlockIo): CgroupWrite[] {
  return [
    ...(weight === undefined
      ? []
      : write('blkio', 'io.bfq.weight', weight, {
          instead: {file: 'io.weight', value: `default ${unifiedWeight(weight)}`},
          lacking,
        })),
    ...weightDevice.flatMap(({path, weight}) =>
      write('blkio', 'io.bfq.weight', `${path} ${weight}`, {
        instead: {file: 'io.weight', value: `${path} ${unifiedWeight(weight)}`},
        lacking,
      }),
    ),
  ]
}

function legacyRates(io: BlockIo): CgroupWrite[] {
  const lists = [
    ['read_bps', io.readBps],
    ['write_bps', io.writeBps],
    ['read_iops', io.readIops],
    ['write_iops', io.writeIops],
  ] as const
  return lists.flatMap(([name, list]) =>
    list.flatMap(({path, rate}) => write('blkio', `blkio.throttle.${name}_device`, `${path} ${rate}`, unlimited)),
  )
}

function unifiedRates(io: BlockIo): CgroupWrite[] {
  const lists = [
    ['rbps', io.readBps],
    ['wbps', io.writeBps],
    ['riops', io.readIops],
    ['wiops', io.writeIops],
  ] as const
  return lists.flatMap(([name, list]) =>
    list.flatMap(({path, rate}) => write('blkio', 'io.max', `${path} ${name}=${rate === 0 ? 'max' : rate}`, unlimited)),
  )
}

/** Weights 10 … 1000 onto 1 … 10000. */
const unifiedWeight = (weight: number): number => 1 + Math.floor(((weight - 10) * 9999) / 990)
