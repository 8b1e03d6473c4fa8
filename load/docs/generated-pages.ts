import { renderErrorsDoc } from '../../src/errors/errors-doc.js'
import { renderSettingsDoc } from '../../src/settings/settings-doc.js'
import { renderMetricsDoc } from '../../src/telemetry/metrics-doc.js'
import { renderCatalogueDoc } from './catalogue-doc.js'

export interface GeneratedPage {
  /** Relative to the root of the repository. */
  readonly path: string
  /** The name of its generated section. */
  readonly name: string
  readonly render: () => string
}

/** The pages of the documentation that hold something which the code declares. */
export const generatedPages: readonly GeneratedPage[] = [
  { path: 'docs/configuration.md', name: 'settings', render: renderSettingsDoc },
  { path: 'docs/errors.md', name: 'errors', render: renderErrorsDoc },
  { path: 'docs/log-types.md', name: 'catalogue', render: renderCatalogueDoc },
  { path: 'docs/metrics.md', name: 'metrics', render: renderMetricsDoc },
]
