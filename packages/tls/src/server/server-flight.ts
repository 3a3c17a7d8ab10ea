import type { SignatureScheme, SigningKey } from '@mpquic/crypto';
import { wipe } from '@mpquic/wire';
import type { CipherSuite } from '../cipher-suites.ts';
import type { HandshakeSummary } from '../handshake.ts';
import type { ReadingState } from '../handshake-machine.ts';
import {
  type ApplicationKeySchedule,
  EarlyKeySchedule,
  type HandshakeKeySchedule,
} from '../key-schedule.ts';
import { encodeCertificate } from '../messages/certificate.ts';
import { encodeCertificateVerify, serverSignatureContent } from '../messages/certificate-verify.ts';
import { encodeFinished } from '../messages/message.ts';
import { SIGNATURE_SCHEME_CODES } from '../signature-schemes.ts';
import type { Transcript } from '../transcript.ts';
import type { ClientOffer } from './client-offer.ts';
import { acceptsEarlyData } from './early-data.ts';
import { ExpectFinished, type TicketBase } from './expect-finished.ts';
import { type ServerChoice, wipeChoice } from './server-choice.ts';
import type { ServerContext } from './server-context.ts';
import { buildEncryptedExtensions, buildServerHello } from './server-messages.ts';

/** What the server's flight answers. */
export interface FlightInputs {
  readonly offer: ClientOffer;
  /** The client's share. */
  readonly keyShare: Uint8Array;
  readonly choice: ServerChoice;
  /** Which holds the ClientHello. */
  readonly transcript: Transcript;
  /** Whether a HelloRetryRequest was before. */
  readonly retried: boolean;
}

/** Sends ServerHello to Finished and installs the secrets of all levels. RFC 9846 §2 */
export function sendServerFlight(context: ServerContext, inputs: FlightInputs): ReadingState {
  const { config, output } = context;
  const { offer, choice, transcript } = inputs;
  const { suite } = choice;
  const { random } = offer.hello;
  const ownShare = config.crypto.generateKeyShare(offer.group);
  const sharedSecret = ownShare.agree(inputs.keyShare);
  if (offer.transportParameters !== undefined) {
    output.transportParameters(offer.transportParameters);
  }
  const earlyData = startEarlyData(context, inputs);

  const serverHello = buildServerHello(context, offer, ownShare, choice);
  transcript.add(serverHello);
  output.send('initial', serverHello);

  const early = choice.psk?.schedule ?? EarlyKeySchedule.withoutPsk(config.crypto, suite.hash);
  const handshake = early.enterHandshake(sharedSecret, transcript.digest());
  wipeChoice(choice);
  const { clientSecret, serverSecret } = handshake;
  output.keyLog('CLIENT_HANDSHAKE_TRAFFIC_SECRET', random, clientSecret);
  output.keyLog('SERVER_HANDSHAKE_TRAFFIC_SECRET', random, serverSecret);
  // Finished needs them too.
  output.secret('handshake', 'write', suite, serverSecret.slice());
  output.secret('handshake', 'read', suite, clientSecret.slice());

  const send = (message: Uint8Array): void => {
    transcript.add(message);
    output.send('handshake', message);
  };
  send(buildEncryptedExtensions(context, offer, earlyData));
  if (choice.psk === undefined && context.certificate !== undefined) {
    const { chain, key } = context.certificate;
    send(encodeCertificate(chain));
    send(signTranscript(key, choice.scheme, transcript));
  }
  send(encodeFinished(handshake.verifyData('server', transcript.digest())));
  return new ExpectFinished(context, {
    suite,
    handshake,
    application: enterApplication(context, handshake, suite, random, transcript),
    transcript,
    summary: summarize(offer, choice),
    ticketBase: ticketBase(offer, choice),
  });
}

/** Installs the secret of 0-RTT where it is accepted. */
function startEarlyData(context: ServerContext, inputs: FlightInputs): boolean {
  const { offer, choice, transcript, retried } = inputs;
  const { psk, suite } = choice;
  if (psk === undefined || retried || !acceptsEarlyData(context, offer, psk)) return false;
  const secret = psk.schedule.clientEarlyTrafficSecret(transcript.digest());
  context.output.keyLog('CLIENT_EARLY_TRAFFIC_SECRET', offer.hello.random, secret);
  context.output.secret('early', 'read', suite, secret);
  return true;
}

/** CertificateVerify. RFC 9846 §4.5.2 */
function signTranscript(
  key: SigningKey,
  scheme: SignatureScheme,
  transcript: Transcript,
): Uint8Array {
  const signature = key.sign(scheme, serverSignatureContent(transcript.digest()));
  return encodeCertificateVerify({ scheme: SIGNATURE_SCHEME_CODES[scheme], signature });
}

/** Installs the secret for writing; that for reading waits for the client's Finished. */
function enterApplication(
  { output }: ServerContext,
  handshake: HandshakeKeySchedule,
  suite: CipherSuite,
  clientRandom: Uint8Array,
  transcript: Transcript,
): ApplicationKeySchedule {
  const hash = transcript.digest();
  const application = handshake.enterApplication(hash);
  output.keyLog('CLIENT_TRAFFIC_SECRET_0', clientRandom, application.trafficSecret('client'));
  output.keyLog('SERVER_TRAFFIC_SECRET_0', clientRandom, application.trafficSecret('server'));
  if (output.keyLogWanted) {
    const exporter = application.exporterSecret(hash);
    output.keyLog('EXPORTER_SECRET', clientRandom, exporter);
    wipe(exporter);
  }
  output.secret('application', 'write', suite, application.takeTrafficSecret('server'));
  return application;
}

function summarize(offer: ClientOffer, { suite, psk }: ServerChoice): HandshakeSummary {
  const external = psk?.found.type === 'external' ? psk.found.psk : undefined;
  return {
    cipherSuite: suite.name,
    group: offer.group,
    alpn: offer.alpn,
    serverName: offer.serverName,
    psk: external && { identity: external.identity.slice(), mode: external.mode },
    resumed: psk?.found.type === 'ticket',
  };
}

/** Sessions by external PSK are not resumed: a ticket would outlive the PSK. */
function ticketBase(offer: ClientOffer, { psk }: ServerChoice): TicketBase | undefined {
  if (!offer.resumable || psk?.found.type === 'external') return undefined;
  return { authenticated: psk?.found.state.authenticated };
}
