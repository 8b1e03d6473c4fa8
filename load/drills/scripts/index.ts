import type { Drill } from '../drill.js'
import { fillRedis } from './fill-redis.js'
import { killParsers } from './kill-parsers.js'
import { poison } from './poison.js'
import { stopPostgres } from './stop-postgres.js'
import { stopRedis } from './stop-redis.js'
import { tenfoldLoad } from './tenfold-load.js'

export const drills: readonly Drill[] = [killParsers, stopRedis, stopPostgres, poison, tenfoldLoad, fillRedis]
