import { UsageError } from '@mpquic/wire';

/**
 * The SUPI as key derivations take it: the digits of an IMSI without the prefix `imsi-`, any other
 * type as it stands. TS 33.501 A.7.0
 * @throws {UsageError} on an IMSI that has not 5 to 15 digits, or on an empty identifier
 */
export function supiForDerivation(supi: string): string {
  const identifier = supi.replace(/^(?:imsi|nai|gci|gli)-/, '');
  if (identifier === '') throw new UsageError('the SUPI is empty');
  const isImsi = supi.startsWith('imsi-') || /^\d+$/.test(identifier);
  if (isImsi && !/^\d{5,15}$/.test(identifier)) {
    throw new UsageError(`SUPI ${supi} is no IMSI: 5 to 15 digits`);
  }
  return identifier;
}
