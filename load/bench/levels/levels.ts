import { batching } from './batching.js'
import { compression } from './compression.js'
import { concurrency } from './concurrency.js'
import { copy } from './copy.js'
import type { Level, LevelName } from './level.js'
import { typed } from './typed.js'

export const LEVELS: Readonly<Record<LevelName, Level>> = { batching, typed, compression, concurrency, copy }
