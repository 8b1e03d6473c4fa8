import type { Scenario } from '../../scenario.js'
import { alikeBeginnings } from './alike-beginnings.js'
import { attackOnSecrets } from './attack-on-secrets.js'
import { attackOnTheHttpPort } from './attack-on-the-http-port.js'
import { attackOnTimeAndMemory } from './attack-on-time-and-memory.js'
import { attackThroughDeclarations } from './attack-through-declarations.js'
import { attackThroughNames } from './attack-through-names.js'
import { badSettings } from './bad-settings.js'
import { compressedAndCopied } from './compressed-and-copied.js'
import { damagedEntriesInStreams } from './damaged-entries-in-streams.js'
import { deletedWhileRead } from './deleted-while-read.js'
import { inodeReused } from './inode-reused.js'
import { notLogFiles } from './not-log-files.js'
import { oddBytes } from './odd-bytes.js'
import { oddValues } from './odd-values.js'
import { oversizeLine } from './oversize-line.js'
import { refusedRow } from './refused-row.js'
import { rotatedByCopytruncate } from './rotated-by-copytruncate.js'
import { rotatedByRename } from './rotated-by-rename.js'
import { truncatedGzip } from './truncated-gzip.js'
import { truncatedInPlace } from './truncated-in-place.js'

/** In the order of the faults' numbers; then the attacks. */
export const dataScenarios: readonly Scenario[] = [
  damagedEntriesInStreams,
  oversizeLine,
  oddBytes,
  truncatedInPlace,
  rotatedByRename,
  rotatedByCopytruncate,
  deletedWhileRead,
  inodeReused,
  truncatedGzip,
  compressedAndCopied,
  alikeBeginnings,
  notLogFiles,
  oddValues,
  refusedRow,
  badSettings,
  attackOnTheHttpPort,
  attackThroughNames,
  attackThroughDeclarations,
  attackOnTimeAndMemory,
  attackOnSecrets,
]
