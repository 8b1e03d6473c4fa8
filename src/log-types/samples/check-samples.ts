import type { LogTypeRegistry } from '../log-type.js'
import { checkSample, type Mismatch } from './check-sample.js'
import type { TypeSamples } from './load-samples.js'

export interface SampleFailure extends Mismatch {
  /** Where the sample stands. */
  readonly file: string
  readonly fileLine: number
  readonly line: Buffer
}

export interface SamplesReport {
  readonly logType: string
  readonly file: string
  /** 0: the type has none, so nothing is known about it. */
  readonly samples: number
  readonly failures: readonly SampleFailure[]
}

/** Every sample of every type against the registry, in the order in which lines are tried. */
export function checkSamples(registry: LogTypeRegistry, all: readonly TypeSamples[]): SamplesReport[] {
  return all.map(({ logType, file, samples = [] }) => {
    const type = registry.byName(logType)
    if (type === undefined) throw new Error(`samples of ${logType}, which is not declared`)
    const failures: SampleFailure[] = []
    for (const sample of samples) {
      const mismatch = checkSample(registry, type, sample)
      if (mismatch === undefined) continue
      failures.push({ ...mismatch, file, fileLine: sample.fileLine, line: sample.line })
    }
    return { logType, file, samples: samples.length, failures }
  })
}
