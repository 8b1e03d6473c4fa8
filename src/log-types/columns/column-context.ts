import { Scratch } from '../line/scratch.js'

/** What the columns of one log type share, beside the line itself. One line is in work at a time. */
export class ColumnContext {
  /** When the file of the line in work was written, epoch milliseconds; NaN: unknown, then it is now. */
  fileTimeMs = Number.NaN

  constructor(
    /** For values that must be put together; cleared by its owner with every line. */
    readonly scratch: Scratch = new Scratch(),
    /** IANA name of the zone of times without an offset, where the type declares one. */
    readonly timezone: string | undefined = undefined,
  ) {}
}
