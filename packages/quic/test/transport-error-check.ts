import {
  TransportError,
  TransportErrorCode,
  type TransportErrorName,
} from '../src/transport-error.ts';

/** For `assert.throws`: a transport error of this name. */
export function isTransportError(name: TransportErrorName): (error: unknown) => boolean {
  return (error) => error instanceof TransportError && error.code === TransportErrorCode[name];
}
