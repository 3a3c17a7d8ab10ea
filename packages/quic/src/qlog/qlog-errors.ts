import { alertOfErrorCode, TransportErrorCode } from '../transport-error.ts';

/** The `error`, and `error_code` where it is "unknown", of an error. */
export interface QlogError {
  readonly error: string;
  readonly error_code?: number;
}

/** `$TransportError`, `CryptoError`, or a multipath code of our extension schema. */
export function qlogTransportError(code: number): QlogError {
  if (alertOfErrorCode(code) !== undefined) {
    return { error: `crypto_error_0x${code.toString(16)}` };
  }
  const name = NAMES.get(code);
  return name === undefined ? { error: 'unknown', error_code: code } : { error: name };
}

/** The application's codes have no names here. */
export function qlogApplicationError(code: number): QlogError {
  return { error: 'unknown', error_code: code };
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(TransportErrorCode).map(([name, code]) => [code, name.toLowerCase()]),
);
