/** What every command is given by the program. */
export interface CommandContext {
  /** Settings file of --config. */
  readonly configFile: string | undefined
}
