import {MemoryEngine} from '../../../src/engine/memory/engine.ts'
import {engineContract} from '../../conformance/engine.ts'

engineContract('memory', {
  open: async () => new MemoryEngine(),
  image: 'host://',
  project: 'contract',
  hasKernel: false,
})
