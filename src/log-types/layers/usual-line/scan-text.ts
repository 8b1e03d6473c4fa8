import type { CopyWriter } from '../../../postgres/copy-writer.js'
import type { UsualStep } from './usual-step.js'

const LOW_BITS = 0x01_01_01_01

/**
 * The lowest bit of every byte of the word that is zero, and perhaps of bytes above the lowest such byte, which is the
 * first in the line when the word was read as little endian.
 */
function zeroBytes(word: number): number {
  return (((word - LOW_BITS) & ~word) >>> 7) & LOW_BITS
}

function lowestByte(bits: number): number {
  return (31 - Math.clz32(bits & -bits)) >> 3
}

/**
 * Takes the bytes up to the byte that ends the value, or to the end of the line, and writes them. Returns where it
 * stopped, or -1.
 */
export function scanToByte(
  step: UsualStep,
  source: DataView,
  start: number,
  end: number,
  writer: CopyWriter,
): number {
  const { view, position } = writer
  const stop = copyUpTo(step.pivots, source, start, end, view, position + 4 - start)
  const length = stop - start
  if (length === 0 || length > step.column.maximum || (stop === end && !step.mayEndLine)) return -1
  view.setInt32(position, length)
  writer.position = position + 4 + length
  return stop
}

/** Takes the bytes up to the literal that ends the value, and writes them. Returns where it stopped, or -1. */
export function scanToLiteral(
  step: UsualStep,
  source: DataView,
  start: number,
  end: number,
  writer: CopyWriter,
): number {
  const { after, pivots, pivotOffset } = step
  const { view: target, position } = writer
  /** From a place in the line to its place in the tuple. */
  const shift = position + 4 - start
  if (pivotOffset > 0) target.setInt32(position + 4, source.getInt32(start, true), true)
  let at = start + pivotOffset
  let stop: number
  for (;;) {
    at = copyUpTo(pivots, source, at, end, target, shift)
    stop = at - pivotOffset
    if (stop + after.length > end) return -1
    if (after.isAt(source, stop)) break
    at++
  }
  if (step.toLast && isAgain(step, source, stop + 1, end)) return -1
  const length = stop - start
  if (length === 0 || length > step.column.maximum) return -1
  target.setInt32(position, length)
  writer.position = position + 4 + length
  return stop
}

/** Copies up to the first byte that is in `stops`, or to `end`; returns where it stopped. Writes up to 3 bytes more. */
function copyUpTo(
  stops: number,
  source: DataView,
  start: number,
  end: number,
  target: DataView,
  shift: number,
): number {
  let at = start
  while (at < end) {
    const word = source.getInt32(at, true)
    target.setInt32(at + shift, word, true)
    const hits = zeroBytes(word ^ stops)
    if (hits !== 0) {
      at += lowestByte(hits)
      break
    }
    at += 4
  }
  return Math.min(at, end)
}

/** Whether the literal that ends the value begins once more at `from` or later. */
function isAgain(
  { after, pivots, pivotOffset }: UsualStep,
  source: DataView,
  from: number,
  end: number,
): boolean {
  let at = from + pivotOffset
  while (at < end) {
    const hits = zeroBytes(source.getInt32(at, true) ^ pivots)
    if (hits === 0) {
      at += 4
      continue
    }
    at += lowestByte(hits)
    const begin = at - pivotOffset
    if (begin + after.length <= end && after.isAt(source, begin)) return true
    at++
  }
  return false
}
