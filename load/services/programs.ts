import { accessSync, constants } from 'node:fs'
import { delimiter } from 'node:path'

/** The directories of PATH. */
export function programDirectories(path = process.env.PATH ?? ''): string[] {
  return path.split(delimiter).filter(Boolean)
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
