import { accessSync, constants, statSync } from 'node:fs';
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
export function requireWritable(option: string, file: string | undefined): void {
  if (file === undefined) return;
  const given = statSync(file, { throwIfNoEntry: false });
  if (given?.isDirectory())
    throw CommandFailure.usage(`${option}: ${file} is a folder, not a file`);
  const wanted = given === undefined ? dirname(file) : file;
  try {
    accessSync(wanted, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw CommandFailure.usage(`${option}: cannot write to ${wanted} (${code})`);
  }
}
