import { declaration, type SettingDeclaration } from './declaration.js'

/** A declared setting with its path (`reader.chunkLines`) and its environment variable. */
export interface ListedSetting {
  readonly section: string
  readonly key: string
  readonly path: string
  readonly env: string
  /** The environment variable with the path of a file that holds the value; only for secrets. */
  readonly fileEnv: string | undefined
  readonly declared: SettingDeclaration<unknown>
}

/** The declaration as a flat list, in its order. */
export const settingList: readonly ListedSetting[] = Object.entries(declaration).flatMap(
  ([section, settings]) =>
    Object.entries<SettingDeclaration<unknown>>(settings).map(([key, declared]) => {
      const env = declared.env ?? `SLUICE_${upperSnake(section)}_${upperSnake(key)}`
      return {
        section,
        key,
        path: `${section}.${key}`,
        env,
        fileEnv: declared.secret === true ? `${env}_FILE` : undefined,
        declared,
      }
    }),
)

function upperSnake(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, '_$&').toUpperCase()
}
