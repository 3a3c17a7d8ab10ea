import { QuicError } from '@mpquic/endpoint';
import { UsageError } from '@mpquic/wire';
import { CommandFailure } from '../cli/failure.ts';

/** An error of the endpoint as the end of a command: wrong arguments are wrong usage, the rest a failed run. */
export function commandFailure(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  const usage =
    error instanceof UsageError ||
    (error instanceof QuicError && error.code === 'ERR_INVALID_ARG_VALUE');
  return usage ? CommandFailure.usage(message) : CommandFailure.failed(message);
}
