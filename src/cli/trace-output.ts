import { escapeControls } from '../errors/safe-text.js'
import type { TracedBatch, TracedChunk, TracedDeadLetter, TracedRow } from '../ledger/trace.js'
import type { BatchState, Trace } from '../recovery/trace.js'
import { traceIdOf } from '../streams/trace-context.js'
import { escapeLine } from './dead-letters/escape-line.js'
import { formatCount, formatSeconds, print } from './output.js'

/** A trace for people: a heading and what belongs to it, from the file on. */
export function printTrace(trace: Trace): void {
  const { source, paths, chunk, batch, rows, deadLetter } = trace
  printLine(trace)
  section('source', `${source.id} (${source.uuid}), recorded up to byte ${formatCount(source.recordedBytes)}`)
  for (const path of paths) more(`seen at ${escapeControls(path)}`)
  if (chunk !== undefined) printChunk(chunk)
  if (batch !== undefined) printBatch(batch)
  for (const row of rows) printRow(row)
  if (rows.length > 1) section('!', `the line is ${rows.length} rows; sluice reconcile shows more`)
  if (deadLetter !== undefined) printDeadLetter(deadLetter)
  printState(trace)
}

function section(name: string, text: string): void {
  print(`${name.padEnd(13)}${text}`)
}

function more(text: string): void {
  section('', text)
}

function printLine({ source, offset, number, line }: Trace): void {
  const place = [number === null ? [] : `line ${number}`, offset === null ? [] : `byte ${offset}`].flat()
  section('line', `${place.join(', ')} of ${escapeControls(source.path)}`)
  if (line === undefined) return
  if (!('raw' in line)) {
    more('Its bytes are not at hand; the chunk was looked for in')
    for (const { path, reason } of line.attempts) more(`  ${escapeControls(`${path}: ${reason}`)}`)
    return
  }
  const rest =
    line.bytes > line.raw.length ? `, of which the first ${formatCount(line.raw.length)} follow` : ''
  more(`${formatCount(line.bytes)} bytes${rest}, as they are in ${escapeControls(line.path)}:`)
  more(escapeLine(line.raw))
}

function printChunk(chunk: TracedChunk): void {
  const { start, end, lines, publishingsAgain, publishedAgainAt } = chunk
  section('chunk', `${chunk.id}, bytes ${start} to ${end}, ${formatCount(lines)} lines`)
  more(`trace id ${traceIdOf(chunk.id)}`)
  more(`recorded ${chunk.recordedAt}`)
  if (publishingsAgain > 0)
    more(`published again ${publishingsAgain} times, the last time ${publishedAgainAt}`)
  more(chunk.completedAt === null ? 'not seen complete yet' : `complete ${chunk.completedAt}`)
}

function printBatch({ logType, hash, committed, inStream }: BatchState): void {
  section('batch', `${logType} ${hash}`)
  if (committed !== undefined) {
    printCommitted(committed)
    return
  }
  if (inStream === undefined) {
    more('neither in the ledger nor in a stream: the reader publishes its chunk again')
    return
  }
  const { stream, entryId, addedAt, delivery } = inStream
  more(`not in the ledger; entry ${entryId} of the stream ${stream}, added ${addedAt}`)
  more(
    delivery === null
      ? 'given to nobody yet'
      : `given to ${escapeControls(delivery.consumer)}, ${delivery.deliveries} times in all, idle for ${formatSeconds(delivery.idleMs / 1000)}`,
  )
}

function printCommitted(batch: TracedBatch): void {
  const counts = [batch.lines, batch.rows, batch.deadLetters].map(formatCount)
  more(
    `${counts[0]} lines, ${counts[1]} rows, ${counts[2]} dead letters, parser version ${batch.parserVersion}`,
  )
  more(`committed ${batch.committedAt}`)
  if (batch.reprocessedAt !== null) more(`reprocessed ${batch.reprocessedAt}`)
}

function printRow({ table, columns }: TracedRow): void {
  section('row', `of ${table}`)
  const width = Math.max(...Object.keys(columns).map((name) => name.length))
  for (const [name, value] of Object.entries(columns)) {
    more(`${name.padEnd(width)}  ${value === null ? 'NULL' : escapeControls(value)}`)
  }
}

function printDeadLetter(letter: TracedDeadLetter): void {
  const detail = letter.detail === null ? '' : `: ${escapeControls(letter.detail)}`
  section('dead letter', `${letter.id}, ${letter.logType} ${letter.reason}${detail}`)
  more(`set aside ${letter.setAsideAt} by parser version ${letter.parserVersion}`)
  if (letter.replays > 0) more(`replayed in vain ${letter.replays} times, the last time ${letter.replayedAt}`)
  if (letter.droppedAt !== null) {
    more(`dropped ${letter.droppedAt} because: ${escapeControls(letter.droppedBecause ?? '')}`)
  }
}

function printState({ state, expiredDays }: Trace): void {
  if (state === 'unread') section('now', 'not recorded yet: the reader has not come that far')
  if (state === 'in-flight') section('now', 'in flight')
  if (state === 'nowhere') {
    section('now', 'in no table, although its batch is in the ledger: no line begins at that byte, or')
    more('somebody deleted it; sluice reconcile tells which')
    if (expiredDays.length > 0) {
      more(`or it is among the rows that have expired, of ${expiredDays.slice(0, 3).join(', ')}:`)
      more('sluice partitions restore puts those back that are not dropped')
    }
  }
  if (state === 'unknown') section('now', 'only the file can tell which line of the chunk it is')
}
