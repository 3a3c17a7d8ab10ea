import { UsageError } from '@mpquic/wire';
import type { ExternalPsk } from '../handshake.ts';
import {
  type HandshakeState,
  type LookupState,
  type ReadingState,
  unexpectedMessage,
} from '../handshake-machine.ts';
import { type HandshakeMessage, MessageType } from '../messages/message.ts';
import type { OfferedPsks } from '../messages/pre-shared-key.ts';
import { Transcript } from '../transcript.ts';
import { wipePskSchedule } from '../wire-psk.ts';
import { type ClientOffer, handshakeFailure, readClientOffer } from './client-offer.ts';
import { ExpectSecondClientHello } from './expect-second-client-hello.ts';
import { refuseUnknownPsk, type SelectedPsk, selectPsk, verifyBinder } from './psk-selection.ts';
import type { ServerContext } from './server-context.ts';
import { sendServerFlight } from './server-flight.ts';

/** Nothing came yet. RFC 9846 §4.2.2 */
export class ExpectClientHello implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'initial';
  readonly #context: ServerContext;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  handle(message: HandshakeMessage): HandshakeState {
    if (message.type !== MessageType.client_hello) throw unexpectedMessage(message, 'ClientHello');
    const offer = readClientOffer(this.#context.config, message);
    if (offer.psks === undefined) throw handshakeFailure('the client offers no PSK');
    this.#context.output.pskLookup(offer.psks.identities.map(({ identity }) => identity));
    return new AwaitPsk(this.#context, offer, offer.psks);
  }

  wipe(): void {}
}

/** The identities are being looked up. */
class AwaitPsk implements LookupState {
  readonly kind = 'lookup';
  readonly level = 'initial';
  readonly #context: ServerContext;
  readonly #offer: ClientOffer;
  readonly #psks: OfferedPsks;

  constructor(context: ServerContext, offer: ClientOffer, psks: OfferedPsks) {
    this.#context = context;
    this.#offer = offer;
    this.#psks = psks;
  }

  answer(found: readonly (ExternalPsk | undefined)[]): HandshakeState {
    const { identities } = this.#psks;
    if (found.length !== identities.length) {
      throw new UsageError(`${identities.length} identities were asked for, not ${found.length}`);
    }
    const { crypto } = this.#context.config;
    const { bytes } = this.#offer.message;
    const truncated = bytes.subarray(0, bytes.length - this.#psks.bindersLength);
    const psk = selectPsk(crypto, this.#offer.suites, this.#psks, found);
    if (psk === undefined) {
      return refuseUnknownPsk(crypto, this.#offer.suites, this.#psks, truncated);
    }
    const binder = this.#psks.binders[psk.index] as Uint8Array;
    try {
      verifyBinder(crypto, psk.schedule, binder, crypto.hash(psk.suite.hash, truncated));
    } catch (error) {
      wipePskSchedule(psk.schedule);
      throw error;
    }
    return this.#proceed(psk);
  }

  wipe(): void {}

  #proceed(psk: SelectedPsk): ReadingState {
    const { suite } = psk;
    const { keyShare, message } = this.#offer;
    if (keyShare === undefined) {
      return ExpectSecondClientHello.request(this.#context, this.#offer, psk);
    }
    const transcript = new Transcript(this.#context.config.crypto, suite.hash);
    transcript.add(message.bytes);
    return sendServerFlight(this.#context, this.#offer, keyShare, psk, transcript);
  }
}
