import { appendFileSync, closeSync, openSync } from 'node:fs';
import { CommandFailure } from './failure.ts';

/** A file of key log lines, readable by its owner only. */
export interface KeyLogFile {
  readonly write: (line: string) => void;
  readonly close: () => void;
}

/** Opens `path` for appending. @throws {CommandFailure} where it cannot be written */
export function openKeyLog(path: string): KeyLogFile {
  let file: number;
  try {
    file = openSync(path, 'a', 0o600);
  } catch (error) {
    throw CommandFailure.failed(`--keylog: cannot write ${path}: ${(error as Error).message}`);
  }
  return {
    write: (line) => appendFileSync(file, `${line}\n`),
    close: () => closeSync(file),
  };
}
