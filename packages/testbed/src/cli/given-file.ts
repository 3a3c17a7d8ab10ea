import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { CommandFailure } from './failure.ts';

/** Wrong usage: what was given cannot be read. @param given the option and its value, or the value alone */
export function cannotRead(given: string, error: unknown): CommandFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  return CommandFailure.usage(`cannot read ${given} (${code ?? message})`);
}

/**
 * Before a long run: whether the file at its end can be written.
 * @throws {CommandFailure} wrong usage
 */
export function requireFolderOf(option: string, file: string | undefined): void {
  if (file === undefined) return;
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw CommandFailure.usage(`${option}: cannot write to ${dirname(file)} (${code})`);
  }
}
