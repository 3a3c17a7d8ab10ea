/**
 * AKMA, TS 33.535: not one of the study's solutions, but the 3GPP-shaped alternative to compare them
 * with - K_AF with the UPF as the application function would be a PSK, and the A-KID its identity.
 */
import { concatBytes, UsageError } from '@mpquic/wire';
import { type DerivationStep, deriveKey, stringParameter } from './kdf.ts';
import type { KeyCrypto } from './key-crypto.ts';
import { supiForDerivation } from './supi.ts';

/** K_AKMA, 32 octets. TS 33.535 A.2 */
export function deriveKAkma(crypto: KeyCrypto, kAusf: Uint8Array, supi: string): DerivationStep {
  return deriveFromKAusf(crypto, kAusf, supi, 'K_AKMA', 'AKMA', 'TS 33.535 A.2', 0x80);
}

/** A-TID, 32 octets. TS 33.535 A.3 */
export function deriveATid(crypto: KeyCrypto, kAusf: Uint8Array, supi: string): DerivationStep {
  return deriveFromKAusf(crypto, kAusf, supi, 'A-TID', 'A-TID', 'TS 33.535 A.3', 0x81);
}

/**
 * K_AF, 32 octets: what AKMA would offer as a PSK, with the UPF as the application function.
 * @param uaProtocolId 5 octets; 01 00 00 00 07 is shared-key TLS 1.3 (TS 33.220 H.3)
 */
export function deriveKAf(
  crypto: KeyCrypto,
  kAkma: Uint8Array,
  fqdn: string,
  uaProtocolId: Uint8Array,
): DerivationStep {
  if (uaProtocolId.length !== 5) throw new UsageError('a Ua security protocol id has 5 octets');
  const name = stringParameter('FQDN', fqdn);
  return deriveKey(crypto, {
    name: 'K_AF',
    clause: 'TS 33.535 A.4',
    keyName: 'K_AKMA',
    key: kAkma,
    fc: 0x82,
    parameters: [{ name: 'AF_ID', value: concatBytes(name.value, uaProtocolId) }],
  });
}

function deriveFromKAusf(
  crypto: KeyCrypto,
  kAusf: Uint8Array,
  supi: string,
  name: string,
  label: string,
  clause: string,
  fc: number,
): DerivationStep {
  return deriveKey(crypto, {
    name,
    clause,
    keyName: 'K_AUSF',
    key: kAusf,
    fc,
    parameters: [
      stringParameter(`"${label}"`, label),
      stringParameter('SUPI', supiForDerivation(supi)),
    ],
  });
}
