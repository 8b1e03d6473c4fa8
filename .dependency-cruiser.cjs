// What src/ looks like is a promise to its readers: the stages do not know each other, what they stand on does
// not know them, and only src/app puts them together. `npm run check` breaks when an import breaks it.

const STAGES = ['reader', 'parser', 'indexer']
const TESTS = '\\.test\\.ts$'

/** A path below one of these folders of src/. */
const inside = (...folders) => `^src/(${folders.join('|')})/`

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or need a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'Nothing imports it and it imports nothing: left over, or not yet connected.',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', TESTS, '^src/main\\.ts$', '^load/[^/]+/main\\.ts$'] },
      to: {},
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    ...STAGES.map((stage) => ({
      name: `${stage}-knows-no-other-stage`,
      comment: 'Stages talk through streams and tables, so that each can run, scale and fail alone.',
      severity: 'error',
      from: { path: inside(stage) },
      to: { path: inside(...STAGES.filter((other) => other !== stage)) },
    })),
    {
      name: 'foundations-know-no-stage',
      comment: 'What the stages stand on imports neither a stage nor what puts the stages together.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [inside(...STAGES, 'recovery', 'app', 'cli'), '^src/main\\.ts$', TESTS],
      },
      to: { path: inside(...STAGES, 'recovery', 'app') },
    },
    {
      name: 'stages-know-no-composition',
      comment: 'A stage gets what it needs passed in, and so does what repairs their work.',
      severity: 'error',
      from: { path: inside(...STAGES, 'recovery'), pathNot: TESTS },
      to: { path: inside('app') },
    },
    {
      name: 'only-app-knows-stages',
      comment: 'Commands go through src/app.',
      severity: 'error',
      from: { path: ['^src/cli/', '^src/main\\.ts$'], pathNot: TESTS },
      to: { path: inside(...STAGES) },
    },
    {
      name: 'only-main-knows-cli',
      severity: 'error',
      comment: 'Commands are entry points, not a library.',
      from: { pathNot: ['^src/cli/', '^src/main\\.ts$', TESTS] },
      to: { path: inside('cli') },
    },
    {
      name: 'nobody-imports-main',
      severity: 'error',
      comment: 'Importing it would run it.',
      from: {},
      to: { path: ['^src/main\\.ts$', '^load/[^/]+/main\\.ts$'] },
    },
    {
      name: 'src-knows-no-load',
      comment: 'The generators, the demonstration and the fixtures are not part of what is shipped.',
      severity: 'error',
      from: { path: '^src/', pathNot: TESTS },
      to: { path: '^load/' },
    },
    {
      name: 'oracle-knows-no-service',
      comment: 'They know the log formats on their own, so that they can disagree with the parser.',
      severity: 'error',
      from: { path: '^load/(generate|verify|naive)/', pathNot: TESTS },
      to: { path: '^src/' },
    },
    {
      name: 'src-ships-without-dev-dependencies',
      comment: 'The image is installed with --omit=dev.',
      severity: 'error',
      from: { path: '^src/', pathNot: TESTS },
      // Types are gone at run time, and `import type` with them.
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm'], pathNot: ['/@types/'] },
    },
    {
      name: 'no-undeclared-dependencies',
      comment: 'A package that is there only because another one needs it can disappear with that one.',
      severity: 'error',
      from: { path: '^(src|load)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
}
