/** What has no data while everything is well, by the names of expressions.ts, and why that is right. */
export const emptyInHealth: Readonly<Record<string, string>> = {
  'overview: Alerts that fire: {{alertname}} ({{severity}})': 'none fires',
  'stages: Errors of PostgreSQL by kind: {{class}}': 'only kinds that occurred are shown, and none did',
}

/** Alerts that tell of the machine on which the tests run, and may be right about it. */
export const thisMachine: Readonly<Record<string, string>> = {
  SluicePostgresDiskFills: 'the disk of this machine may be nearly full',
}
