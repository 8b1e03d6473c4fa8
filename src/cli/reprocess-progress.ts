import type { ReprocessProgress } from '../recovery/reprocess-result.js'
import { formatCount, formatRate, formatSeconds } from './output.js'
import type { ShownProgress } from './progress-display.js'

export function showReprocess({ batches, totalBatches, lines, seconds }: ReprocessProgress): ShownProgress {
  return {
    done: batches,
    total: totalBatches,
    seconds,
    figures: [
      `${formatCount(batches)} of ${formatCount(totalBatches)} batches`,
      `${formatCount(lines)} lines`,
      `${formatRate(lines, seconds)}/s`,
      batches > 0
        ? `${formatSeconds((seconds / batches) * Math.max(0, totalBatches - batches))} left`
        : 'time left unknown',
    ],
  }
}
