import { type Address, formatAddress } from '@mpquic/wire';
import { QuicError } from './errors.ts';

/** One clear line instead of the system's. */
export function bindError(local: Address, error: NodeJS.ErrnoException): QuicError {
  const reason = BIND_ERRORS.get(error.code ?? '') ?? error.message;
  return new QuicError(`cannot use ${formatAddress(local)} (UDP): ${reason}`, {
    type: 'transport',
    code: 'ERR_QUIC_ENDPOINT_FAILED',
    cause: error,
  });
}

const BIND_ERRORS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'another program uses this port'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
  ['EACCES', 'the system does not permit this port'],
  ['ENOTSUP', 'several workers need the native addon; `mpq doctor` says why it is not in use'],
  ['EAFNOSUPPORT', 'this machine does not speak this address family'],
]);
