import type { CopyWriter } from '../../../postgres/copy-writer.js'
import { DAYS_1970_TO_2000, TimestampDecoder } from '../../columns/timestamp.js'
import type { LineSource } from '../../line/line-source.js'

const LENGTH = 24
const TWO_TO_32 = 4_294_967_296

/** Keeps the last minute it has seen: in a log the next line has nearly always the same. */
export class TimestampScan {
  /** Epoch milliseconds of the timestamp taken last. */
  timestampMs = 0
  private readonly decoder = new TimestampDecoder()
  /** The minute: its 16 bytes in the line, its epoch milliseconds, and the high and low half of its int8. */
  private text0 = 0
  private text1 = 0
  private text2 = 0
  private text3 = 0
  private minuteMs = 0
  private high = 0
  private low = 0

  /** Takes YYYY-MM-DDTHH:MM:SS.mmmZ and writes it. Returns where it stopped, or -1; see usual-line.ts. */
  scan(source: LineSource, start: number, end: number, writer: CopyWriter): number {
    if (start + LENGTH > end) return -1
    const { view } = source
    // What is left of ":SS." and "mmmZ" are the values of the digits; adding 6 shows those above 9.
    const seconds = view.getInt32(start + 16) ^ 0x3a_30_30_2e
    const fraction = view.getInt32(start + 20) ^ 0x30_30_30_5a
    if (((seconds | (seconds + 0x00_06_06_00)) & 0xff_f0_f0_ff) !== 0) return -1
    if (((fraction | (fraction + 0x06_06_06_00)) & 0xf0_f0_f0_ff) !== 0) return -1
    const second = (seconds >> 16) * 10 + ((seconds >> 8) & 15)
    // Second 60 belongs to the next minute.
    if (second > 59) return -1
    if (!this.isMinute(view, start) && !this.keepMinute(source, start)) return -1
    const ms = second * 1000 + (fraction >> 24) * 100 + ((fraction >> 16) & 15) * 10 + ((fraction >> 8) & 15)
    this.timestampMs = this.minuteMs + ms
    const low = this.low + ms * 1000
    const { view: target, position } = writer
    target.setInt32(position, 8)
    target.setInt32(position + 4, low < TWO_TO_32 ? this.high : this.high + 1)
    target.setUint32(position + 8, low < TWO_TO_32 ? low : low - TWO_TO_32)
    writer.position = position + 12
    return start + LENGTH
  }

  private isMinute(view: DataView, at: number): boolean {
    return (
      view.getInt32(at + 12) === this.text3 &&
      view.getInt32(at + 8) === this.text2 &&
      view.getInt32(at + 4) === this.text1 &&
      view.getInt32(at) === this.text0
    )
  }

  private keepMinute({ bytes, view }: LineSource, at: number): boolean {
    const { decoder } = this
    if (!decoder.decode(bytes, at, at + LENGTH)) return false
    const { days } = decoder
    const micros = decoder.microsOfDay - (decoder.microsOfDay % 60_000_000)
    this.minuteMs = (days + DAYS_1970_TO_2000) * 86_400_000 + micros / 1000
    // A day in microseconds is 20 · 2^32 + 500 654 080.
    const low = days * 500_654_080 + micros
    const carry = Math.floor(low / TWO_TO_32)
    this.high = days * 20 + carry
    this.low = low - carry * TWO_TO_32
    this.text0 = view.getInt32(at)
    this.text1 = view.getInt32(at + 4)
    this.text2 = view.getInt32(at + 8)
    this.text3 = view.getInt32(at + 12)
    return true
  }
}
