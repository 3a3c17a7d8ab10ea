import type { GroupName } from '@mpquic/crypto';
import { equalBytes } from '@mpquic/wire';
import { Alert } from '../alert.ts';
import { illegalParameter } from '../codec.ts';
import { TlsAlert } from '../handshake.ts';
import { type ReadingState, unexpectedMessage } from '../handshake-machine.ts';
import type { ClientHello } from '../messages/client-hello.ts';
import { type Extension, ExtensionType } from '../messages/extensions.ts';
import { type HandshakeMessage, MessageType } from '../messages/message.ts';
import type { Transcript } from '../transcript.ts';
import { type ClientOffer, readClientOffer } from './client-offer.ts';
import { encodeHelloRetryRequest, transcriptAfterRetry } from './hello-retry-request.ts';
import { HelloTranscript } from './hello-transcript.ts';
import { type SelectedPsk, verifyBinder } from './psk-selection.ts';
import { type RetryState, sealCookie } from './retry-cookie.ts';
import { type ServerChoice, wipeChoice } from './server-choice.ts';
import type { ServerContext } from './server-context.ts';
import { sendServerFlight } from './server-flight.ts';

/** What is remembered across a HelloRetryRequest. */
interface SentRetry {
  readonly offer: ClientOffer;
  readonly choice: ServerChoice;
  readonly cookie: Uint8Array | undefined;
  readonly transcript: Transcript;
}

/** A HelloRetryRequest is sent. RFC 9846 §4.2.4 */
export class ExpectSecondClientHello implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'initial';
  readonly #context: ServerContext;
  readonly #sent: SentRetry;

  private constructor(context: ServerContext, sent: SentRetry) {
    this.#context = context;
    this.#sent = sent;
  }

  /** Sends the HelloRetryRequest for the offer's group. */
  static request(
    context: ServerContext,
    offer: ClientOffer,
    choice: ServerChoice,
  ): ExpectSecondClientHello {
    const { config, cookieKeys, output } = context;
    const { suite } = choice;
    const firstHelloHash = config.crypto.hash(suite.hash, offer.message.bytes);
    const retry: RetryState = { suite, group: offer.group, firstHelloHash };
    const cookie = cookieKeys && sealCookie(cookieKeys, retry);
    output.send('initial', encodeHelloRetryRequest(offer, retry, cookie));
    const transcript = transcriptAfterRetry(config.crypto, offer, retry, cookie);
    return new ExpectSecondClientHello(context, { offer, choice, cookie, transcript });
  }

  handle(message: HandshakeMessage): ReadingState {
    if (message.type !== MessageType.client_hello) {
      throw unexpectedMessage(message, 'the second ClientHello');
    }
    const { config } = this.#context;
    const first = this.#sent;
    const offer = readClientOffer(config, message);
    checkUnchanged(first.offer.hello, offer.hello);
    if (first.cookie !== undefined && !equalBytes(first.cookie, offer.cookie ?? NOTHING)) {
      throw illegalParameter('not the cookie of the HelloRetryRequest');
    }
    const keyShare = checkRetriedShare(offer, first.offer.group);
    const transcript = new HelloTranscript(config.crypto, offer, first.transcript);
    const { psk } = first.choice;
    const choice: ServerChoice =
      psk === undefined
        ? first.choice
        : { suite: psk.suite, psk: this.#verifyPsk(offer, psk, transcript) };
    return sendServerFlight(this.#context, {
      offer,
      keyShare,
      choice,
      transcript: transcript.whole(choice.suite.hash),
      retried: true,
    });
  }

  wipe(): void {
    wipeChoice(this.#sent.choice);
  }

  /** The PSK that was selected must be offered again, at whatever place, with a binder for all so far. */
  #verifyPsk(offer: ClientOffer, psk: SelectedPsk, transcript: HelloTranscript): SelectedPsk {
    const { psks } = offer;
    if (psks === undefined) {
      throw new TlsAlert(Alert.missing_extension, 'the second ClientHello offers no PSK');
    }
    const index = psks.identities.findIndex(({ identity }) =>
      equalBytes(identity, psk.offer.identity),
    );
    if (index === -1) throw illegalParameter('the second ClientHello leaves the selected PSK out');
    const hash = transcript.truncatedHash(psk.suite.hash);
    verifyBinder(
      this.#context.config.crypto,
      psk.schedule,
      psks.binders[index] as Uint8Array,
      hash,
    );
    return { ...psk, index };
  }
}

/** The one share that a HelloRetryRequest asked for. RFC 9846 §4.3.8 */
export function checkRetriedShare(offer: ClientOffer, group: GroupName): Uint8Array {
  if (offer.group !== group || offer.keyShare === undefined || offer.keyShareCount !== 1) {
    throw illegalParameter('not the one key share that was asked for');
  }
  if (offer.earlyData) throw illegalParameter('early_data in the second ClientHello');
  return offer.keyShare;
}

/** RFC 9846 §4.2.2: what a second ClientHello may not change. */
function checkUnchanged(first: ClientHello, second: ClientHello): void {
  if (
    !equalBytes(first.random, second.random) ||
    !equalBytes(first.legacySessionId, second.legacySessionId) ||
    first.cipherSuites.join() !== second.cipherSuites.join() ||
    !sameExtensions(
      first.extensions.list().filter(mustStay),
      second.extensions.list().filter(mustStay),
    )
  ) {
    throw illegalParameter('the second ClientHello changes what it may not change');
  }
}

function sameExtensions(first: readonly Extension[], second: readonly Extension[]): boolean {
  return (
    first.length === second.length &&
    first.every(({ type, data }, i) => {
      const other = second[i] as Extension;
      return type === other.type && equalBytes(data, other.data);
    })
  );
}

function mustStay({ type }: Extension): boolean {
  return !MAY_CHANGE.has(type);
}

const MAY_CHANGE: ReadonlySet<number> = new Set([
  ExtensionType.key_share,
  ExtensionType.early_data,
  ExtensionType.cookie,
  ExtensionType.pre_shared_key,
  ExtensionType.padding,
]);

const NOTHING = new Uint8Array(0);
