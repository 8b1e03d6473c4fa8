import { compressSync, uncompressSync } from 'lz4-napi'

/** What one element of the list holds. */
export interface Message {
  readonly sourceFile: string
  readonly lines: readonly string[]
}

export interface MessageFormat {
  encode(message: Message): Buffer
  decode(bytes: Buffer): Message
}

export const plainJson: MessageFormat = {
  encode: (message) => Buffer.from(JSON.stringify(message)),
  decode: (bytes) => JSON.parse(bytes.toString()) as Message,
}

export const compressedJson: MessageFormat = {
  encode: (message) => compressSync(plainJson.encode(message)),
  decode: (bytes) => plainJson.decode(uncompressSync(bytes)),
}
