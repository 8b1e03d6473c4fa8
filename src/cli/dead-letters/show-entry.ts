import type pg from 'pg'
import { formatEntryId } from '../../dead-letters/select-entries.js'
import { escapeControls } from '../../errors/safe-text.js'
import { type EntryState, selectEntryState } from '../../ledger/entry-state.js'
import type { DeadEntry } from '../../streams/dead-entries.js'
import { type BatchMeta, readBatchMeta } from '../../streams/envelope.js'
import { traceIdOf } from '../../streams/trace-context.js'
import { formatCount, print } from '../output.js'
import { escapeLine, hexdump } from './escape-line.js'

/** Of each field so much is shown. */
const shownTextBytes = 1000
const shownBinaryBytes = 128

export interface DescribedEntry {
  readonly id: string
  readonly logType: string
  readonly stream: string
  readonly streamId: string
  readonly reason: string
  readonly setAsideAt: string
  /** Null when it cannot be read. */
  readonly meta: BatchMeta | null
  /** Null when the ledger does not have the chunk, or the entry does not say which. */
  readonly ledger: EntryState | null
  /** With the beginnings of their values. */
  readonly fields: readonly { readonly name: string; readonly bytes: number; readonly startBase64: string }[]
}

export async function describeEntry(pool: pg.Pool, entry: DeadEntry): Promise<DescribedEntry> {
  const { logType, stream, streamId, reason } = entry
  const meta = readBatchMeta(entry.fields) ?? null
  const fields: { name: string; bytes: number; startBase64: string }[] = []
  for (let index = 0; index < entry.fields.length; index += 2) {
    const value = entry.fields[index + 1] ?? Buffer.alloc(0)
    fields.push({
      name: entry.fields[index]!.toString('utf8'),
      bytes: value.length,
      startBase64: value.subarray(0, shownTextBytes).toString('base64'),
    })
  }
  return {
    ...{ id: formatEntryId(entry), logType, stream, streamId, reason, meta, fields },
    setAsideAt: new Date(entry.setAsideAtMs).toISOString(),
    ledger: meta === null ? null : ((await selectEntryState(pool, meta)) ?? null),
  }
}

export function printEntry(entry: DeadEntry, { id, setAsideAt, meta, ledger, fields }: DescribedEntry): void {
  print(`entry      ${id}`)
  print(`log type   ${entry.logType}`)
  print(`from       stream ${escapeControls(entry.stream)}, entry ${escapeControls(entry.streamId)}`)
  print(`reason     ${escapeControls(entry.reason)}`)
  print(`set aside  ${setAsideAt}`)
  if (meta === null) print('batch      cannot be told: its meta cannot be read')
  else {
    print(`batch      ${meta.hash}, ${formatCount(meta.lines)} lines of type ${escapeControls(meta.logType)}`)
    print(`trace id   ${traceIdOf(meta.chunk)}`)
    const path = ledger === null ? `source ${meta.sourceUuid}` : escapeControls(ledger.path)
    print(`source     ${path}, bytes ${meta.start} to ${meta.end}`)
  }
  print(`lines      ${describeArrival(meta, ledger)}`)
  for (const { name, bytes, startBase64 } of fields) {
    const start = Buffer.from(startBase64, 'base64')
    const text = isText(start)
    const shown = text ? start : start.subarray(0, shownBinaryBytes)
    print(`\nfield ${escapeControls(name)}, ${formatCount(bytes)} bytes`)
    print(text ? escapeLine(shown) : hexdump(shown))
    if (shown.length < bytes) print(`… ${formatCount(bytes - shown.length)} more bytes`)
  }
}

function describeArrival(meta: BatchMeta | null, ledger: EntryState | null): string {
  if (meta === null) return 'come again from their file where they are missing'
  if (ledger === null) return 'are of a chunk that the ledger does not have'
  if (ledger.arrived) return 'are in the tables: the entry is not needed any more'
  if (!ledger.isRecorded) return 'were cut anew by other declarations'
  return `are not in the tables yet; their chunk was published again ${ledger.publishingsAgain} times`
}

function isText(bytes: Buffer): boolean {
  return !/[^\t\n\r\x20-\x7e]/.test(bytes.toString('latin1'))
}
