import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { ConnectOptions } from '@mpquic/endpoint';
import { CommandFailure } from '../cli/failure.ts';

/**
 * Resumes the session whose ticket `path` holds, where it is there, and leaves the ticket of the new
 * one in its place. The file holds a key: only its owner can read it.
 * @throws {CommandFailure} where it cannot be read
 */
export function sessionFile(
  path: string | undefined,
): Pick<ConnectOptions, 'sessionTicket' | 'onsessionticket'> {
  if (path === undefined) return {};
  return {
    sessionTicket: existsSync(path) ? readTicket(path) : undefined,
    onsessionticket: (ticket) => writeFileSync(path, ticket, { mode: 0o600 }),
  };
}

function readTicket(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw CommandFailure.failed(`--session: ${(error as Error).message}`);
  }
}
