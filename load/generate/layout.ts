import type { GenerateOptions } from './options.js'

/** How a full segment makes room: moved away under a new name, or copied and cut to zero. */
export type Rotation = 'rename' | 'copytruncate'

/** 'logs_0000.log' for the first file. */
export function fileName(file: number): string {
  return `logs_${String(file).padStart(4, '0')}.log`
}

/** Files share the lines evenly; the later ones take what does not divide. */
export function linesOfFile({ lines, files }: GenerateOptions, file: number): number {
  return Math.floor((lines * (file + 1)) / files) - Math.floor((lines * file) / files)
}

export function segmentsOfFile(options: GenerateOptions, file: number): number {
  if (options.rotateLines === 0) return 1
  return Math.max(1, Math.ceil(linesOfFile(options, file) / options.rotateLines))
}

/**
 * The name under which a segment is found in the end. As logrotate does it, the youngest has the plain name,
 * the one before it `.1`, and every rotation moves the older ones up by one.
 */
export function segmentName(options: GenerateOptions, file: number, segment: number): string {
  const age = segmentsOfFile(options, file) - 1 - segment
  return age === 0 ? fileName(file) : `${fileName(file)}.${age}`
}

// Peculiarities of whole files. The first and the last file have theirs however few files there are.

export function beginsWithByteOrderMark(options: GenerateOptions, file: number): boolean {
  return options.hostilePercent > 0 && file % 3 === 0
}

export function lacksFinalNewline(options: GenerateOptions, file: number): boolean {
  return options.hostilePercent > 0 && (options.files - 1 - file) % 3 === 0
}
