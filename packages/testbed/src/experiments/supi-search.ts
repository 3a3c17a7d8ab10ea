import { hash } from 'node:crypto';

/** What a search for a subscriber behind a KID of Solution #4 found. */
export interface SupiSearch {
  readonly supi: string | undefined;
  readonly tried: number;
  /** Hashes a second, on one core. */
  readonly rate: number;
}

/**
 * Finds the SUPI behind H(SUPI) by trying all digits behind a known prefix: country, network, and the
 * range of MSINs that an operator uses.
 * @param digest SHA-256 of the digits of the SUPI, 32 octets
 * @param prefix the digits that are known; a SUPI has 15
 */
export function searchSupi(digest: Uint8Array, prefix: string): SupiSearch {
  const wanted = Buffer.from(digest).toString('hex');
  const unknown = SUPI_DIGITS - prefix.length;
  const end = 10 ** unknown;
  const started = performance.now();
  let tried = 0;
  let supi: string | undefined;
  while (supi === undefined && tried < end) {
    const candidate = prefix + String(tried).padStart(unknown, '0');
    tried += 1;
    if (hash('sha256', candidate, 'hex') === wanted) supi = candidate;
  }
  const seconds = (performance.now() - started) / 1000;
  return { supi, tried, rate: tried / seconds };
}

const SUPI_DIGITS = 15;
