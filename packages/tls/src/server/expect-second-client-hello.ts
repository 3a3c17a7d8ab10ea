import { ByteWriter, equalBytes } from '@mpquic/wire';
import { Alert } from '../alert.ts';
import { illegalParameter } from '../codec.ts';
import { TlsAlert } from '../handshake.ts';
import { type ReadingState, unexpectedMessage } from '../handshake-machine.ts';
import type { ClientHello } from '../messages/client-hello.ts';
import { type Extension, ExtensionType } from '../messages/extensions.ts';
import { type HandshakeMessage, MessageType } from '../messages/message.ts';
import type { OfferedPsks } from '../messages/pre-shared-key.ts';
import { encodeServerHello, HELLO_RETRY_RANDOM } from '../messages/server-hello.ts';
import { GROUP_CODES } from '../named-groups.ts';
import { Transcript } from '../transcript.ts';
import { TLS_1_2, TLS_1_3 } from '../versions.ts';
import { wipePskSchedule } from '../wire-psk.ts';
import { type ClientOffer, readClientOffer } from './client-offer.ts';
import { type SelectedPsk, verifyBinder } from './psk-selection.ts';
import type { ServerContext } from './server-context.ts';
import { sendServerFlight } from './server-flight.ts';

/** A HelloRetryRequest is sent. RFC 9846 §4.2.4 */
export class ExpectSecondClientHello implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'initial';
  readonly #context: ServerContext;
  readonly #first: ClientOffer;
  readonly #psk: SelectedPsk;
  readonly #transcript: Transcript;

  private constructor(
    context: ServerContext,
    first: ClientOffer,
    psk: SelectedPsk,
    transcript: Transcript,
  ) {
    this.#context = context;
    this.#first = first;
    this.#psk = psk;
    this.#transcript = transcript;
  }

  /** Sends the HelloRetryRequest for the offer's group. */
  static request(
    context: ServerContext,
    offer: ClientOffer,
    psk: SelectedPsk,
  ): ExpectSecondClientHello {
    const { suite } = psk;
    const { crypto } = context.config;
    const retryRequest = encodeServerHello({
      legacyVersion: TLS_1_2,
      random: HELLO_RETRY_RANDOM,
      legacySessionIdEcho: offer.hello.legacySessionId,
      cipherSuite: suite.code,
      legacyCompressionMethod: 0,
      extensions: [
        { type: ExtensionType.supported_versions, data: uint16(TLS_1_3) },
        { type: ExtensionType.key_share, data: uint16(GROUP_CODES[offer.group]) },
      ],
    });
    context.output.send('initial', retryRequest);
    const firstHash = crypto.hash(suite.hash, offer.message.bytes);
    const transcript = Transcript.afterRetry(crypto, suite.hash, firstHash, retryRequest);
    return new ExpectSecondClientHello(context, offer, psk, transcript);
  }

  handle(message: HandshakeMessage): ReadingState {
    if (message.type !== MessageType.client_hello) {
      throw unexpectedMessage(message, 'the second ClientHello');
    }
    const offer = readClientOffer(this.#context.config, message);
    checkUnchanged(this.#first.hello, offer.hello);
    const { keyShare } = offer;
    if (offer.group !== this.#first.group || keyShare === undefined || offer.keyShareCount !== 1) {
      throw illegalParameter('not the one key share that was asked for');
    }
    const psk = this.#verifyPsk(offer);
    return sendServerFlight(this.#context, offer, keyShare, psk, this.#transcript);
  }

  wipe(): void {
    wipePskSchedule(this.#psk.schedule);
  }

  /** The PSK that was selected must be offered again, at whatever place, with a binder for all so far. */
  #verifyPsk(offer: ClientOffer): SelectedPsk {
    const psks: OfferedPsks | undefined = offer.psks;
    if (psks === undefined) {
      throw new TlsAlert(Alert.missing_extension, 'the second ClientHello offers no PSK');
    }
    const index = psks.identities.findIndex(({ identity }) =>
      equalBytes(identity, this.#psk.identity),
    );
    if (index === -1) throw illegalParameter('the second ClientHello leaves the selected PSK out');
    const { bytes } = offer.message;
    const bindersStart = bytes.length - psks.bindersLength;
    this.#transcript.add(bytes.subarray(0, bindersStart));
    verifyBinder(
      this.#context.config.crypto,
      this.#psk.schedule,
      psks.binders[index] as Uint8Array,
      this.#transcript.digest(),
    );
    this.#transcript.add(bytes.subarray(bindersStart));
    return { ...this.#psk, index };
  }
}

/** RFC 9846 §4.2.2: what a second ClientHello may not change. */
function checkUnchanged(first: ClientHello, second: ClientHello): void {
  if (
    !equalBytes(first.random, second.random) ||
    !equalBytes(first.legacySessionId, second.legacySessionId) ||
    first.cipherSuites.join() !== second.cipherSuites.join() ||
    !sameExtensions(first.extensions.filter(mustStay), second.extensions.filter(mustStay))
  ) {
    throw illegalParameter('the second ClientHello changes what it may not change');
  }
  if (second.extensions.some(({ type }) => type === ExtensionType.early_data)) {
    throw illegalParameter('early_data in the second ClientHello');
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

function uint16(value: number): Uint8Array {
  return new ByteWriter(2).uint16(value).finish();
}
