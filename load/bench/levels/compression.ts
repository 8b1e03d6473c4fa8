import type { Level } from './level.js'
import { compressedJson } from './message-format.js'
import { typed } from './typed.js'

/** Typed tables, and batches that go through Redis as LZ4. */
export const compression: Level = {
  ...typed,
  name: 'compression',
  title: '+ compression',
  format: compressedJson,
}
