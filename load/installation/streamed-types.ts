import { LOG_TYPES } from '../generate/record.js'

/** The log types that have streams: the shipped ones, and that of lines without a type. */
export const streamedTypes: readonly string[] = [...LOG_TYPES, 'unclassified']
