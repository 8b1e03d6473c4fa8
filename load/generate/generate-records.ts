import { createHostileDraw } from './hostile/hostile-kinds.js'
import { beginsWithByteOrderMark, lacksFinalNewline, linesOfFile } from './layout.js'
import { type GenerateOptions, resolveOptions } from './options.js'
import { drawOrdinaryLine } from './ordinary-line.js'
import { createRandom, type Random } from './random.js'
import type { DraftRecord, GeneratedRecord, LogType, Terminator } from './record.js'

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * Every line in the order in which it is written, with its place and with what must become of it.
 * Pulled line by line, so that any number of lines needs the memory of one.
 */
export function* generateRecords(
  given: Partial<GenerateOptions> = {},
): Generator<GeneratedRecord, void, void> {
  const options = resolveOptions(given)
  const random = createRandom(options.seed)
  const drawHostile = createHostileDraw()
  const drawLogType = createLogTypeDraw(options, random)
  const drawTimestamp = createTimestampDraw(options, random)
  const hostileProbability = options.hostilePercent / 100

  for (let file = 0; file < options.files; file++) {
    const lines = linesOfFile(options, file)
    let segment = 0
    let linesInSegment = 0
    let offset = 0
    for (let lineInFile = 0; lineInFile < lines; lineInFile++) {
      if (options.rotateLines > 0 && linesInSegment === options.rotateLines) {
        segment++
        linesInSegment = 0
        offset = 0
      }
      const timestamp = drawTimestamp()
      const withMark = lineInFile === 0 && beginsWithByteOrderMark(options, file)
      const withoutNewline = lineInFile === lines - 1 && lacksFinalNewline(options, file)
      // The first line of a file is an ordinary one: garbage there could be the signature of another format.
      const mayBeHostile = linesInSegment > 0 && !withoutNewline
      const draft =
        mayBeHostile && random.chance(hostileProbability)
          ? drawHostile({ random, timestamp })
          : drawOrdinary(random, drawLogType(), timestamp, withMark, withoutNewline)
      const { line, terminator, expected, hostileKind } = draft
      yield hostileKind === undefined
        ? { line, terminator, expected, file, segment, offset }
        : { line, terminator, expected, hostileKind, file, segment, offset }
      offset += line.length + terminator.length
      linesInSegment++
    }
  }
}

function drawOrdinary(
  random: Random,
  logType: LogType,
  timestamp: string,
  withMark: boolean,
  withoutNewline: boolean,
): DraftRecord {
  const { line: text, expected } = drawOrdinaryLine(random, logType, timestamp)
  const line = withMark ? Buffer.concat([BYTE_ORDER_MARK, Buffer.from(text)]) : Buffer.from(text, 'latin1')
  const terminator: Terminator = withoutNewline ? '' : '\n'
  if (withoutNewline) return { line, terminator, expected, hostileKind: 'no_final_newline' }
  if (withMark) return { line, terminator, expected, hostileKind: 'byte_order_mark' }
  return { line, terminator, expected }
}

function createLogTypeDraw({ shares }: GenerateOptions, random: Random): () => LogType {
  const total = shares.firewall + shares.dns + shares.auth
  return () => {
    const at = random.next() * total
    if (at < shares.firewall) return 'firewall'
    return at < shares.firewall + shares.dns ? 'dns' : 'auth'
  }
}

/** Events come in even steps, each at a random moment within its step, so that time never goes backwards. */
function createTimestampDraw(options: GenerateOptions, random: Random): () => string {
  const stepMs = 1000 / options.eventsPerSecond
  const jitterMs = Math.min(stepMs, 1000)
  let event = 0
  return () =>
    new Date(options.startMs + Math.floor(event++ * stepMs + random.next() * jitterMs)).toISOString()
}
