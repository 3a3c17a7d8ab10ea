import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CommandFailure } from './failure.ts';

/**
 * Makes the folder of `--out` and those above it, before anything is run for it. Level by level: the
 * recursive mkdir of Node.js 20 never returns in a file system such as /proc.
 * @throws {CommandFailure} where it cannot be made or written
 */
export function makeOutputFolder(folder: string): void {
  if (folder === '') throw CommandFailure.usage('--out takes the name of a folder');
  try {
    makeFolder(resolve(folder));
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw CommandFailure.failed(`--out: ${(error as Error).message}`);
  }
}

function makeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path);
}
