#!/usr/bin/env node
import { createCommand } from './command.js'

try {
  await createCommand().parseAsync()
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
