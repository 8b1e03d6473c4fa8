import { BatchBodyBuilder } from '../streams/batch-body.js'

/** Bytes read at a time. */
export const blockBytes = 1024 * 1024

/** What a body may leave behind in memory; larger ones are rare. */
const keptBodyBytes = 4 * 1024 * 1024

/** Memory that cutting needs, kept from cut to cut: a chunk's bodies are in it until the next cut. */
export class CutScratch {
  readonly block: Buffer
  private readonly builders: (BatchBodyBuilder | undefined)[] = []
  private inUse: boolean[] = []

  constructor(maxLineBytes: number) {
    this.block = Buffer.allocUnsafeSlow(maxLineBytes + blockBytes)
  }

  begin(): void {
    this.inUse = []
  }

  /** The builder of the body at this place among the types; empty when the cut first asks for it. */
  builder(index: number): BatchBodyBuilder {
    this.builders[index] ??= new BatchBodyBuilder()
    const builder = this.builders[index]
    if (this.inUse[index] !== true) {
      this.inUse[index] = true
      builder.reset(keptBodyBytes)
    }
    return builder
  }

  /** The builders that were asked for since `begin`, with their places. */
  *used(): Generator<[number, BatchBodyBuilder]> {
    for (const [index, builder] of this.builders.entries()) {
      if (builder !== undefined && this.inUse[index] === true) yield [index, builder]
    }
  }
}
