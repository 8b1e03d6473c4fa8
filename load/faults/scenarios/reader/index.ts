import type { Scenario } from '../../scenario.js'
import { readerDrainedInAChunk } from './drained-in-a-chunk.js'
import { readerKilledAfterPublishing } from './killed-after-publishing.js'
import { readerKilledBeforePublishing } from './killed-before-publishing.js'
import { readerKilledBeforeRecording } from './killed-before-recording.js'
import { readerStoppedAndContinued } from './stopped-and-continued.js'
import { twoReaders } from './two-readers.js'

export const readerScenarios: readonly Scenario[] = [
  readerKilledBeforeRecording,
  readerKilledBeforePublishing,
  readerKilledAfterPublishing,
  readerStoppedAndContinued,
  twoReaders,
  readerDrainedInAChunk,
]
