import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { serveTimedWork } from '../timed-process.js'
import { COPY_FRAMES } from './encode-rows.js'
import type { PreparedRows } from './prepare-rows.js'
import type { FeederWork } from './run-copy-limit.js'

// One connection of the COPY limit, as a process of its own, so that another one beside it does not slow it down. It
// holds the encoded rows in memory before the clock starts: PostgreSQL never waits for it.
serveTimedWork<FeederWork, number>(async ({ databaseUrl, rows }) => {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const pieces: Piece[] = []
  for (const table of rows) pieces.push(...(await load(table)))
  return async () => {
    let copied = 0
    for (const { statement, portions } of pieces) {
      const stream = client.query(copyFrom(statement))
      await pipeline(Readable.from(portions, { objectMode: false }), stream)
      copied += stream.rowCount
    }
    await client.end()
    return copied
  }
})

interface Piece {
  readonly statement: string
  readonly portions: readonly Buffer[]
}

/** Bytes given to the socket at a time; smaller ones cost system calls. */
const PORTION_BYTES = 256 * 1024

async function load({ table, columns, format, path, pieces }: PreparedRows): Promise<Piece[]> {
  const { header, trailer } = COPY_FRAMES[format]
  const names = columns.map((name) => `"${name}"`).join(', ')
  const file = await open(path)
  try {
    const loaded: Piece[] = []
    for (const { startByte, endByte } of pieces) {
      const bytes = Buffer.allocUnsafe(endByte - startByte)
      await file.read(bytes, 0, bytes.length, startByte)
      const whole = Buffer.concat([header, bytes, trailer])
      const portions: Buffer[] = []
      for (let at = 0; at < whole.length; at += PORTION_BYTES) {
        portions.push(whole.subarray(at, at + PORTION_BYTES))
      }
      loaded.push({ statement: `COPY ${table} (${names}) FROM STDIN (FORMAT ${format})`, portions })
    }
    return loaded
  } finally {
    await file.close()
  }
}
