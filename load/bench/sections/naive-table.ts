import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { parseNaively } from '../../naive/parse-line.js'
import { createNaiveTable, NAIVE_SCHEMA } from '../../naive/table.js'
import { encodeTextRow } from '../copy-limit/encode-rows.js'

const PORTION_CHARACTERS = 256 * 1024

/** The table as the naive pipeline leaves it, only filled faster: by COPY, and analysed afterwards. */
export async function fillNaiveTable(client: Client, paths: readonly string[]): Promise<void> {
  await createNaiveTable(client)
  const columns = 'log_type, raw_line, timestamp, source_file, parsed_data'
  const copy = client.query(copyFrom(`COPY ${NAIVE_SCHEMA}.logs (${columns}) FROM STDIN`))
  await pipeline(Readable.from(encodeFiles(paths)), copy)
  // Without the hint bits that the first reader would have to set, and with statistics.
  await client.query(`VACUUM ANALYZE ${NAIVE_SCHEMA}.logs`)
}

async function* encodeFiles(paths: readonly string[]): AsyncGenerator<string> {
  let portion = ''
  for (const path of paths) {
    const sourceFile = basename(path)
    const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
    for await (const line of lines) {
      const parse = parseNaively(line)
      if (parse === null) continue
      const { logType, timestamp, parsed } = parse
      portion += encodeTextRow([logType, line, timestamp, sourceFile, JSON.stringify(parsed)])
      if (portion.length < PORTION_CHARACTERS) continue
      yield portion
      portion = ''
    }
  }
  if (portion !== '') yield portion
}
