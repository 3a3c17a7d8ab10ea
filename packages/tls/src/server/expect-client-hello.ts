import { UsageError } from '@mpquic/wire';
import type { CipherSuite } from '../cipher-suites.ts';
import { illegalParameter } from '../codec.ts';
import type { ExternalPsk } from '../handshake.ts';
import {
  type HandshakeState,
  type LookupState,
  type ReadingState,
  unexpectedMessage,
} from '../handshake-machine.ts';
import { type HandshakeMessage, MessageType } from '../messages/message.ts';
import type { PskIdentity } from '../messages/pre-shared-key.ts';
import { openTicket } from '../ticket-state.ts';
import { type ClientOffer, readClientOffer } from './client-offer.ts';
import { checkRetriedShare, ExpectSecondClientHello } from './expect-second-client-hello.ts';
import { transcriptAfterRetry } from './hello-retry-request.ts';
import { HelloTranscript } from './hello-transcript.ts';
import type { FoundPsk } from './psk-selection.ts';
import { openCookie, type RetryState } from './retry-cookie.ts';
import { chooseAuthentication } from './server-choice.ts';
import type { ServerContext } from './server-context.ts';
import { sendServerFlight } from './server-flight.ts';

/** What came, and what was before it. */
interface ReceivedHello {
  readonly offer: ClientOffer;
  readonly transcript: HelloTranscript;
  /** Of a HelloRetryRequest that the client's cookie tells of. */
  readonly retry: RetryState | undefined;
}

/** Nothing came yet, or nothing is remembered of it. RFC 9846 §4.2.2 */
export class ExpectClientHello implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'initial';
  readonly #context: ServerContext;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  handle(message: HandshakeMessage): HandshakeState {
    if (message.type !== MessageType.client_hello) throw unexpectedMessage(message, 'ClientHello');
    const context = this.#context;
    const offer = readClientOffer(context.config, message);
    const received = receiveHello(context, offer);
    const found: (FoundPsk | undefined)[] = [];
    const unknown: Uint8Array[] = [];
    for (const { identity } of offer.psks?.identities ?? NONE) {
      const state = context.tickets && openTicket(context.tickets, identity);
      found.push(state && { type: 'ticket', state });
      if (state === undefined) unknown.push(identity);
    }
    if (unknown.length === 0) return proceed(context, received, found);
    context.output.pskLookup(unknown);
    return new AwaitPsks(context, received, found, unknown.length);
  }

  wipe(): void {}
}

/** The identities that are no tickets are being looked up. */
class AwaitPsks implements LookupState {
  readonly kind = 'lookup';
  readonly level = 'initial';
  readonly #context: ServerContext;
  readonly #received: ReceivedHello;
  readonly #found: readonly (FoundPsk | undefined)[];
  readonly #asked: number;

  constructor(
    context: ServerContext,
    received: ReceivedHello,
    found: readonly (FoundPsk | undefined)[],
    asked: number,
  ) {
    this.#context = context;
    this.#received = received;
    this.#found = found;
    this.#asked = asked;
  }

  answer(psks: readonly (ExternalPsk | undefined)[]): HandshakeState {
    if (psks.length !== this.#asked) {
      throw new UsageError(`${this.#asked} identities were asked for, not ${psks.length}`);
    }
    let next = 0;
    const found = this.#found.map((known): FoundPsk | undefined => {
      if (known !== undefined) return known;
      const psk = psks[next++];
      return psk && { type: 'external', psk };
    });
    return proceed(this.#context, this.#received, found);
  }

  wipe(): void {}
}

function receiveHello(context: ServerContext, offer: ClientOffer): ReceivedHello {
  const { config, cookieKeys } = context;
  const { cookie } = offer;
  if (cookieKeys === undefined || cookie === undefined) {
    return { offer, transcript: new HelloTranscript(config.crypto, offer), retry: undefined };
  }
  const retry = openCookie(cookieKeys, config, cookie);
  if (retry === undefined) throw illegalParameter('a cookie that is not ours, or too old');
  checkRetriedShare(offer, retry.group);
  const before = transcriptAfterRetry(config.crypto, offer, retry, cookie);
  return { offer, transcript: new HelloTranscript(config.crypto, offer, before), retry };
}

function proceed(
  context: ServerContext,
  { offer, transcript, retry }: ReceivedHello,
  found: readonly (FoundPsk | undefined)[],
): ReadingState {
  const choice = chooseAuthentication(context, offer, suitesOf(offer, retry), transcript, found);
  if (offer.keyShare === undefined) return ExpectSecondClientHello.request(context, offer, choice);
  return sendServerFlight(context, {
    offer,
    keyShare: offer.keyShare,
    choice,
    transcript: transcript.whole(choice.suite.hash),
    retried: retry !== undefined,
  });
}

/** RFC 9846 §4.2.4: the suite stays that of the HelloRetryRequest. */
function suitesOf(offer: ClientOffer, retry: RetryState | undefined): readonly CipherSuite[] {
  if (retry === undefined) return offer.suites;
  if (!offer.suites.includes(retry.suite)) throw illegalParameter('the cipher suite is gone');
  return [retry.suite];
}

const NONE: readonly PskIdentity[] = [];
