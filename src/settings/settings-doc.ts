import { contradictionRules } from './cross-checks.js'
import { type ListedSetting, settingList } from './setting-list.js'

/** The generated part of docs/configuration.md: a table per section. */
export function renderSettingsDoc(): string {
  const sections = [...new Set(settingList.map(({ section }) => section))]
  return [
    ...sections.map(renderSection),
    '## Between settings\n\nThese are checked at start too:',
    contradictionRules.map((rule) => `- ${rule}`).join('\n'),
  ].join('\n\n')
}

function renderSection(name: string): string {
  const rows = settingList.filter(({ section }) => section === name).map(renderRow)
  return [
    `## ${name}`,
    '',
    '| Setting | Environment | Default | Allowed |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n')
}

function renderRow({ path, env, fileEnv, declared }: ListedSetting): string {
  const names = fileEnv === undefined ? `\`${env}\`` : `\`${env}\`, \`${fileEnv}\``
  const shownDefault = declared.shownDefault ?? showDefault(declared.default)
  const cells = [`\`${path}\`<br>${declared.doc}`, names, shownDefault, declared.format.expected]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function showDefault(value: unknown): string {
  return Array.isArray(value) && value.length === 0 ? 'none' : `\`${String(value)}\``
}
