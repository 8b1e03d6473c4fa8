import { compression } from './compression.js'
import type { Level } from './level.js'

/** Compressed batches, taken from the list by three processes, each with a connection of its own. */
export const concurrency: Level = {
  ...compression,
  name: 'concurrency',
  title: '+ concurrency',
  processors: 3,
}
