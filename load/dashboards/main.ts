import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findPackageRoot } from '../../src/settings/package-root.js'
import { dashboards, renderDashboard } from './index.js'

// Writes the dashboards that Grafana is provisioned with. Run it after changing one here.
const root = findPackageRoot()
for (const spec of dashboards) {
  const { path, content } = renderDashboard(spec)
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
  console.log(`${path}: written`)
}
