import type { SignatureScheme } from '@mpquic/crypto';
import type { CipherSuite } from '../cipher-suites.ts';
import { SIGNATURE_SCHEME_CODES } from '../signature-schemes.ts';
import { type ClientOffer, handshakeFailure, missingExtension } from './client-offer.ts';
import type { HelloTranscript } from './hello-transcript.ts';
import {
  type FoundPsk,
  refuseUnknownPsk,
  type SelectedPsk,
  selectPsk,
  verifyBinder,
} from './psk-selection.ts';
import type { ServerContext } from './server-context.ts';

/** How a server goes on: with a PSK whose binder was verified, or with its certificate. */
export type ServerChoice =
  | { readonly suite: CipherSuite; readonly psk: SelectedPsk }
  | { readonly suite: CipherSuite; readonly psk?: never; readonly scheme: SignatureScheme };

/**
 * Decides between PSKs and certificate.
 * @param suites to choose from: those of the offer, or the one of a HelloRetryRequest
 * @param found what each offered identity names
 * @throws {TlsAlert} where neither will do
 */
export function chooseAuthentication(
  context: ServerContext,
  offer: ClientOffer,
  suites: readonly CipherSuite[],
  transcript: HelloTranscript,
  found: readonly (FoundPsk | undefined)[],
): ServerChoice {
  const { crypto } = context.config;
  const { psks } = offer;
  const psk = psks && selectPsk(crypto, suites, psks, found);
  if (psk !== undefined) {
    const binder = psks?.binders[psk.index] as Uint8Array;
    try {
      verifyBinder(crypto, psk.schedule, binder, transcript.truncatedHash(psk.suite.hash));
    } catch (error) {
      psk.schedule.wipe();
      throw error;
    }
    return { suite: psk.suite, psk };
  }
  if (context.certificate !== undefined) return chooseCertificate(context, offer, suites);
  if (psks === undefined) throw handshakeFailure('the client offers no PSK');
  return refuseUnknownPsk(crypto, suites, psks, (hash) => transcript.truncatedHash(hash));
}

function chooseCertificate(
  { certificate }: ServerContext,
  { signatureAlgorithms }: ClientOffer,
  suites: readonly CipherSuite[],
): ServerChoice {
  if (signatureAlgorithms === undefined) throw missingExtension('signature_algorithms');
  const scheme = certificate?.key.schemes.find((name) =>
    signatureAlgorithms.includes(SIGNATURE_SCHEME_CODES[name]),
  );
  if (scheme === undefined) throw handshakeFailure('no common signature scheme');
  return { suite: suites[0] as CipherSuite, scheme };
}

export function wipeChoice({ psk }: ServerChoice): void {
  if (psk !== undefined) psk.schedule.wipe();
}
