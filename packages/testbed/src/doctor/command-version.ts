import { execFile } from 'node:child_process';

/** The first line that a command prints about itself; undefined where it cannot be run. */
export function commandVersion(command: string, ...args: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: TIMEOUT }, (error, output) => {
      const line = output.trim().split('\n')[0];
      resolve(error === null ? line || 'there' : undefined);
    });
  });
}

/** Milliseconds. */
const TIMEOUT = 10_000;
