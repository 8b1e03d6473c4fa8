/** A named expression: what `%{NAME}` stands for. */
export interface GrokName {
  readonly name: string
  readonly expression: string
  /** What it takes, for the documentation. */
  readonly takes: string
}

/**
 * The names that expressions may use. They find where a value begins and ends; whether it is a good address or date is
 * for the column to say, with a reason of its own. So they are loose, and none of them can be taken apart in many ways.
 */
export const grokNames: readonly GrokName[] = [
  { name: 'WORD', expression: '[A-Za-z0-9_]+', takes: 'Letters, digits and `_`' },
  { name: 'NOTSPACE', expression: '\\S+', takes: 'Anything but white space' },
  { name: 'SPACE', expression: '\\s*', takes: 'White space, or nothing' },
  { name: 'DATA', expression: '.*?', takes: 'Anything, as little as possible' },
  { name: 'GREEDYDATA', expression: '.*', takes: 'Anything, as much as possible' },
  {
    name: 'QUOTED',
    expression: '"(?:[^"\\\\]|\\\\.)*"',
    takes: 'A text in double quotes with its quotes; `\\` before a quote in it',
  },
  { name: 'INT', expression: '[+-]?\\d+', takes: 'A whole number' },
  { name: 'NUMBER', expression: '[+-]?\\d+(?:\\.\\d+)?', takes: 'A number, with a fraction or without' },
  { name: 'BASE16', expression: '(?:0[xX])?[0-9A-Fa-f]+', takes: 'A hexadecimal number' },
  { name: 'IP', expression: '[0-9A-Fa-f:.]{2,45}', takes: 'An IPv4 or IPv6 address' },
  { name: 'IPV4', expression: '\\d{1,3}(?:\\.\\d{1,3}){3}', takes: 'An IPv4 address' },
  { name: 'IPV6', expression: '[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,43}', takes: 'An IPv6 address' },
  { name: 'HOST', expression: '[A-Za-z0-9_.-]+', takes: 'A host name or an IPv4 address' },
  { name: 'IPORHOST', expression: '[A-Za-z0-9_.:-]+', takes: 'A host name or an address' },
  { name: 'PORT', expression: '\\d{1,5}', takes: 'A port number' },
  {
    name: 'MAC',
    expression: '[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}(?:\\.[0-9A-Fa-f]{4}){2}',
    takes: 'A hardware address: `00:1b:…`, `00-1b-…` or `001b.…`',
  },
  {
    name: 'UUID',
    expression: '[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}',
    takes: 'A UUID',
  },
  { name: 'USER', expression: '[A-Za-z0-9._@$\\\\+-]+', takes: 'A user name, also `DOMAIN\\user`' },
  { name: 'EMAIL', expression: '[A-Za-z0-9._%+=-]+@[A-Za-z0-9.-]+', takes: 'A mail address' },
  {
    name: 'PATH',
    expression: '(?:/|[A-Za-z]:\\\\|\\\\\\\\)[^\\s"]*',
    takes: 'A path, absolute, without spaces',
  },
  { name: 'URI', expression: '[A-Za-z][A-Za-z0-9+.-]*://[^\\s"]+', takes: 'A URI with its scheme' },
  { name: 'URIPATH', expression: '/[^\\s"?#]*', takes: 'The path of a URI' },
  { name: 'PROG', expression: '[A-Za-z0-9_./-]+', takes: 'The name of a program in a syslog line' },
  {
    name: 'LOGLEVEL',
    expression:
      '[Tt]race|TRACE|[Dd]ebug|DEBUG|[Ii]nfo|INFO|[Ii]nformation|[Nn]otice|NOTICE|[Ww]arn|WARN|[Ww]arning|WARNING|[Ee]rr|ERR|[Ee]rror|ERROR|[Cc]rit|CRIT|[Cc]ritical|CRITICAL|[Aa]lert|ALERT|[Ff]atal|FATAL|[Ee]merg|EMERG|[Ee]mergency',
    takes: 'A level such as `info`, `Warning` or `ERROR`',
  },
  {
    name: 'TIMESTAMP_ISO8601',
    expression:
      '\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d{1,9})?(?: ?(?:Z|[+-]\\d\\d(?::?\\d\\d)?))?',
    takes: '`2024-01-15T10:23:45.123Z`, also with a space, a comma, without a zone',
  },
  {
    name: 'SYSLOGTIMESTAMP',
    expression: '[A-Z][a-z]{2} [ 0-9]\\d \\d\\d:\\d\\d:\\d\\d',
    takes: '`Jan  5 10:23:45`',
  },
  {
    name: 'HTTPDATE',
    expression: '\\d\\d/[A-Z][a-z]{2}/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4}',
    takes: '`15/Jan/2024:10:23:45 +0000`',
  },
  { name: 'EPOCH', expression: '\\d{9,19}(?:\\.\\d{1,9})?', takes: 'Seconds or finer since 1970' },
]
