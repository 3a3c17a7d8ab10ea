import { nodeCryptoProvider as crypto } from '@mpquic/crypto';
import { AlgorithmType, deriveAlgorithmKey } from '@mpquic/keys';
import { EncryptionAlgorithm, IntegrityAlgorithm, nea2, nia2 } from '@mpquic/nas';
import type { MessageSent, TimedRoleEvent } from '@mpquic/service';
import { concatBytes } from '@mpquic/wire';

/** Whether the radio bearers of a gNB are ciphered. */
export type AsCiphering = 'nea0' | 'nea2';

/** SRB1, as its ciphering counts it: the identity of the radio bearer less 1. TS 38.323 §5.8 */
const BEARER = 0;

/**
 * The radio of the gNB stand-in: what a listener on the air gets of the NAS messages over 3GPP access. Each
 * travels in a PDCP PDU of SRB1, protected with K_RRCenc and K_RRCint of the K_gNB of this run as soon as
 * the gNB has it; before, AS security is not active. TS 33.501 §6.5, A.8, TS 38.323 §6.2.2.1. The octets of
 * NAS stand for the RRC message around them: the testbed has no RRC.
 */
export function octetsOnTheAir(
  events: readonly TimedRoleEvent[],
  ciphering: AsCiphering,
): Uint8Array[] {
  const octets: Uint8Array[] = [];
  const counts = { 0: 0, 1: 0 };
  let kGnb: Uint8Array | undefined;
  for (const event of events) {
    if (event.type === 'key_received' && event.holder === 'gnb') kGnb = event.value;
    if (!isNasOverRadio(event)) continue;
    const direction = event.from === 'ue' ? 0 : 1;
    const count = counts[direction]++;
    octets.push(pdcpPdu(event.payload, kGnb, { count, bearer: BEARER, direction }, ciphering));
  }
  return octets;
}

function isNasOverRadio(
  event: TimedRoleEvent,
): event is TimedRoleEvent & MessageSent & { readonly payload: Uint8Array } {
  return (
    event.type === 'message' &&
    event.interface === 'N1' &&
    event.access === '3gpp' &&
    event.payload !== undefined
  );
}

/** Sequence number of 12 bits, message, MAC-I of 4 octets; the last two ciphered. */
function pdcpPdu(
  message: Uint8Array,
  kGnb: Uint8Array | undefined,
  input: Parameters<typeof nea2>[2],
  ciphering: AsCiphering,
): Uint8Array {
  const header = Uint8Array.of((input.count >> 8) & 0x0f, input.count & 0xff);
  if (kGnb === undefined) return concatBytes(header, message, new Uint8Array(4));
  const { rrcIntegrity, rrcEncryption } = AlgorithmType;
  const keyOf = (type: AlgorithmType, algorithm: number): Uint8Array =>
    deriveAlgorithmKey(crypto, kGnb, type, algorithm).value;
  const integrityKey = keyOf(rrcIntegrity, IntegrityAlgorithm.nia2);
  const mac = nia2(crypto, integrityKey, input, concatBytes(header, message));
  const content = concatBytes(message, mac);
  if (ciphering === 'nea0') return concatBytes(header, content);
  const encryptionKey = keyOf(rrcEncryption, EncryptionAlgorithm.nea2);
  return concatBytes(header, nea2(crypto, encryptionKey, input, content));
}
