import { describe, expect, it } from 'vitest'
import { identifyBatch, identifyChunk, newSpanId, traceIdOf, traceparentOf } from './trace-context.js'

const chunk = '2B1F3f3e-0000-8000-8000-000000000001'
const traceId = '2b1f3f3e000080008000000000000001'
const meta = { logType: 'dns', sourceId: 7, chunk, hash: 'ab'.repeat(32), traceparent: undefined }
const identity = { logType: 'dns', source: 7, chunk, batch: meta.hash, traceId }

describe('trace context', () => {
  it('has the trace id of the chunk, in the form of W3C', () => {
    expect(traceIdOf(chunk)).toBe(traceId)
    expect(traceparentOf(chunk, 'b7ad6b7169203331')).toBe(`00-${traceId}-b7ad6b7169203331-01`)
    expect(traceparentOf(chunk, newSpanId())).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(newSpanId()).not.toBe(newSpanId())
  })

  it('says under which names the logs have a chunk and a batch', () => {
    expect(identifyChunk({ id: chunk, sourceId: 7, start: 1, end: 9 })).toEqual({
      ...{ source: 7, chunk, traceId },
      ...{ startOffset: 1, endOffset: 9 },
    })
    expect(identifyBatch(meta)).toEqual(identity)
    expect(identifyBatch({ ...meta, traceparent: traceparentOf(chunk, 'b7ad6b7169203331') })).toEqual({
      ...identity,
      parentSpanId: 'b7ad6b7169203331',
    })
  })

  it('does not follow a traceparent that leads to another chunk', () => {
    const traceparent = traceparentOf('00000000-0000-8000-8000-000000000009', 'b7ad6b7169203331')
    expect(identifyBatch({ ...meta, traceparent })).toEqual(identity)
  })
})
