import {selectEngine} from '../../src/engine/select.ts'
import {engineContract} from './engine.ts'

engineContract('stack', {
  open: () => selectEngine({...process.env, STACK_ENGINE: 'stack'}),
  image: 'host://',
  project: 'contract',
  hasKernel: true,
})
