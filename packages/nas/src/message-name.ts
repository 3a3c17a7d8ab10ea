import { NasDecodeError } from './errors.ts';
import type { MmMessage } from './messages/mm.ts';
import { decodeSm, type SmMessage } from './messages/sm.ts';
import { PayloadType } from './messages/transport.ts';

/** Names that do not follow from the type. TS 24.501 §8.2, §8.3 */
const IRREGULAR: { readonly [T in (MmMessage | SmMessage)['type']]?: string } = {
  uplinkNasTransport: 'UL NAS TRANSPORT',
  downlinkNasTransport: 'DL NAS TRANSPORT',
  deregistrationRequestFromUe: 'DEREGISTRATION REQUEST',
  deregistrationRequestToUe: 'DEREGISTRATION REQUEST',
  deregistrationAcceptFromUe: 'DEREGISTRATION ACCEPT',
  deregistrationAcceptToUe: 'DEREGISTRATION ACCEPT',
  mmStatus: '5GMM STATUS',
  smStatus: '5GSM STATUS',
};

/** A message by its name in TS 24.501, for example `PDU SESSION ESTABLISHMENT ACCEPT`. */
export function messageName({ type }: MmMessage | SmMessage): string {
  const irregular = IRREGULAR[type];
  if (irregular !== undefined) return irregular;
  const words = type.replaceAll(/[A-Z]/g, (letter) => ` ${letter}`).toUpperCase();
  return SESSION_PROCEDURE.test(type) ? `PDU SESSION ${words}` : words;
}

/** The name of the 5GSM message that a transport message carries, or of the testbed's own content. */
export function carriedMessageName(message: MmMessage): string | undefined {
  if (message.type !== 'uplinkNasTransport' && message.type !== 'downlinkNasTransport') {
    return undefined;
  }
  // Step 5b of Solution #6: the key or its random number, for which no message exists.
  if (message.payloadType === PayloadType.transparent) return 'MPQUIC PSK (testbed)';
  if (message.payloadType !== PayloadType.n1Sm) return undefined;
  try {
    return messageName(decodeSm(message.payload));
  } catch (error) {
    if (error instanceof NasDecodeError) return undefined;
    throw error;
  }
}

const SESSION_PROCEDURE = /^(?:establishment|modification|release)[A-Z]/;
