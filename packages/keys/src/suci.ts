/** Concealment of the SUPI. TS 33.501 Annex C, TS 23.003 §2.2B */
import { fromHex, toHex, UsageError } from '@mpquic/wire';
import { openEcies, ProtectionScheme, sealEcies } from './ecies.ts';
import type { KeyCrypto } from './key-crypto.ts';
import type { PlmnId } from './serving-network-name.ts';

/** A concealed IMSI, field by field as the 5GS mobile identity carries it. */
export interface Suci {
  readonly plmn: PlmnId;
  /** 1 to 4 digits; `0` where none is configured. */
  readonly routingIndicator: string;
  readonly scheme: ProtectionScheme;
  /** 0 with the null scheme, else 1 to 254. */
  readonly homeNetworkPublicKeyId: number;
  /** MSIN in BCD with the null scheme, else ephemeral public key || ciphertext || tag. */
  readonly schemeOutput: Uint8Array;
}

/** How a USIM conceals its SUPI. */
export interface SuciProfile {
  readonly routingIndicator: string;
  readonly scheme: ProtectionScheme;
  readonly homeNetworkPublicKeyId: number;
  /** 32 octets for profile A, 33 compressed or 65 for profile B; unused with the null scheme. */
  readonly homeNetworkPublicKey: Uint8Array;
}

export const NULL_SCHEME_PROFILE: SuciProfile = {
  routingIndicator: '0',
  scheme: ProtectionScheme.nullScheme,
  homeNetworkPublicKeyId: 0,
  homeNetworkPublicKey: new Uint8Array(),
};

/**
 * Conceals an IMSI.
 * @param imsi digits, MCC and MNC first
 * @param ephemeralPrivateKey 32 fresh random octets; unused with the null scheme
 */
export function concealSupi(
  crypto: KeyCrypto,
  imsi: string,
  plmn: PlmnId,
  profile: SuciProfile,
  ephemeralPrivateKey: Uint8Array,
): Suci {
  const prefix = plmn.mcc + plmn.mnc;
  if (!/^\d{6,15}$/.test(imsi) || !imsi.startsWith(prefix)) {
    throw new UsageError(`${imsi} is no IMSI of MCC ${plmn.mcc}, MNC ${plmn.mnc}`);
  }
  const { scheme, homeNetworkPublicKey, ...rest } = profile;
  const input = msinToBcd(imsi.slice(prefix.length));
  const schemeOutput = applyScheme(
    crypto,
    scheme,
    homeNetworkPublicKey,
    ephemeralPrivateKey,
    input,
  );
  return { plmn, scheme, ...rest, schemeOutput };
}

/** The scheme output for a scheme input: the MSIN in BCD, or the user name of an NAI. */
export function applyScheme(
  crypto: KeyCrypto,
  scheme: ProtectionScheme,
  homeNetworkPublicKey: Uint8Array,
  ephemeralPrivateKey: Uint8Array,
  schemeInput: Uint8Array,
): Uint8Array {
  if (scheme === ProtectionScheme.nullScheme) return schemeInput;
  return sealEcies(crypto, scheme, homeNetworkPublicKey, ephemeralPrivateKey, schemeInput);
}

/**
 * The IMSI behind a SUCI, or `undefined` where the output is malformed or was not made for this key.
 * @param homeNetworkPrivateKey 32 octets; unused with the null scheme
 */
export function revealSupi(
  crypto: KeyCrypto,
  suci: Suci,
  homeNetworkPrivateKey: Uint8Array,
): string | undefined {
  const { scheme, schemeOutput, plmn } = suci;
  const input =
    scheme === ProtectionScheme.nullScheme
      ? schemeOutput
      : openEcies(crypto, scheme, homeNetworkPrivateKey, schemeOutput);
  const msin = input === undefined ? undefined : msinFromBcd(input);
  return msin === undefined ? undefined : plmn.mcc + plmn.mnc + msin;
}

/**
 * A SUCI in its NAI form, as the interfaces of the core write it:
 * `suci-0-<mcc>-<mnc>-<routing indicator>-<scheme>-<key id>-<output>`. TS 29.503, TS 23.003 §28.7.3
 */
export function formatSuci(suci: Suci): string {
  const { plmn, routingIndicator, scheme, homeNetworkPublicKeyId, schemeOutput } = suci;
  const output =
    scheme === ProtectionScheme.nullScheme
      ? (msinFromBcd(schemeOutput) ?? '')
      : toHex(schemeOutput);
  return [
    'suci',
    0,
    plmn.mcc,
    plmn.mnc,
    routingIndicator,
    scheme,
    homeNetworkPublicKeyId,
    output,
  ].join('-');
}

/** The reverse of {@link formatSuci}; `undefined` where the text is no SUCI of an IMSI. */
export function parseSuci(text: string): Suci | undefined {
  const match = SUCI_PATTERN.exec(text);
  if (match === null) return undefined;
  const [mcc, mnc, routingIndicator, schemeDigit, keyId, output] = match.slice(1) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const scheme = Number(schemeDigit) as ProtectionScheme;
  const nullScheme = scheme === ProtectionScheme.nullScheme;
  if (nullScheme ? !/^\d{1,10}$/.test(output) : output.length % 2 !== 0) return undefined;
  return {
    plmn: { mcc, mnc },
    routingIndicator,
    scheme,
    homeNetworkPublicKeyId: Number(keyId),
    schemeOutput: nullScheme ? msinToBcd(output) : fromHex(output),
  };
}

const SUCI_PATTERN = /^suci-0-(\d{3})-(\d{2,3})-(\d{1,4})-([012])-(\d{1,3})-([0-9a-f]+)$/;

/** Two digits an octet, the first in the low half; an odd number ends with the filler f. */
export function msinToBcd(msin: string): Uint8Array {
  const padded = msin.length % 2 === 0 ? msin : `${msin}f`;
  return Uint8Array.from({ length: padded.length / 2 }, (_, i) =>
    Number.parseInt(`${padded[2 * i + 1]}${padded[2 * i]}`, 16),
  );
}

/** `undefined` where the octets are no digits. */
export function msinFromBcd(bcd: Uint8Array): string | undefined {
  const nibbles = Array.from(bcd, (octet) => [octet & 0x0f, octet >> 4]).flat();
  if (nibbles.at(-1) === 0x0f) nibbles.pop();
  if (nibbles.length === 0 || nibbles.some((nibble) => nibble > 9)) return undefined;
  return nibbles.join('');
}
