import type { KeyShare } from '@mpquic/crypto';
import type { ByteReader } from '@mpquic/wire';
import { Alert } from '../alert.ts';
import type { CipherSuite } from '../cipher-suites.ts';
import { illegalParameter, readUint16, readVector } from '../codec.ts';
import { TlsAlert } from '../handshake.ts';
import { type ReadingState, unexpectedMessage } from '../handshake-machine.ts';
import { EarlyKeySchedule } from '../key-schedule.ts';
import { checkAnswers, ExtensionType } from '../messages/extensions.ts';
import { readKeyShareEntry } from '../messages/key-share.ts';
import { decodeBody, type HandshakeMessage, MessageType } from '../messages/message.ts';
import {
  checkSelectedVersion,
  isHelloRetryRequest,
  readServerHello,
  type ServerHello,
} from '../messages/server-hello.ts';
import { GROUP_CODES, groupName } from '../named-groups.ts';
import { Transcript } from '../transcript.ts';
import type { ClientContext } from './client-context.ts';
import { type BuiltClientHello, buildClientHello } from './client-hello-builder.ts';
import { ExpectEncryptedExtensions } from './expect-encrypted-extensions.ts';
import type { OfferedPsk } from './offered-psk.ts';

/** What a HelloRetryRequest settled. */
interface Retry {
  readonly suite: CipherSuite;
  /** Of message_hash and HelloRetryRequest, and, once it is sent, of the second ClientHello. */
  readonly transcript: Transcript;
}

/** 0-RTT that was offered, with the ticket it goes by. */
interface EarlyDataOffer {
  readonly suite: CipherSuite;
  readonly alpn: string;
  readonly psk: OfferedPsk;
}

/** The ClientHello is sent; ServerHello or HelloRetryRequest is due. RFC 9846 §4.2.3, §4.2.4 */
export class ExpectServerHello implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'initial';
  readonly #context: ClientContext;
  readonly #keyShare: KeyShare;
  readonly #psks: readonly OfferedPsk[];
  readonly #hello: BuiltClientHello;
  readonly #retry: Retry | undefined;
  readonly #earlyData: EarlyDataOffer | undefined;

  private constructor(
    context: ClientContext,
    keyShare: KeyShare,
    psks: readonly OfferedPsk[],
    hello: BuiltClientHello,
    retry: Retry | undefined,
    earlyData: EarlyDataOffer | undefined,
  ) {
    this.#context = context;
    this.#keyShare = keyShare;
    this.#psks = psks;
    this.#hello = hello;
    this.#retry = retry;
    this.#earlyData = earlyData;
  }

  /** Sends the first ClientHello, and installs the secret of 0-RTT where that is wanted and possible. */
  static begin(
    context: ClientContext,
    psks: readonly OfferedPsk[],
    earlyDataWanted: boolean,
  ): ExpectServerHello {
    const { crypto, groups, alpn } = context.config;
    const keyShare = crypto.generateKeyShare(groups[0] as KeyShare['group']);
    const early = earlyDataWanted ? earlyDataOffer(psks[0], alpn) : undefined;
    const hello = buildClientHello(
      context,
      { keyShare, psks, cookie: undefined, earlyData: early !== undefined },
      (truncated, psk) => crypto.hash(psk.schedule.hash, truncated),
    );
    context.output.send('initial', hello.bytes);
    if (early !== undefined) startEarlyData(context, early, hello.bytes);
    return new ExpectServerHello(context, keyShare, psks, hello, undefined, early);
  }

  handle(message: HandshakeMessage): ReadingState {
    if (message.type !== MessageType.server_hello) {
      throw unexpectedMessage(message, 'ServerHello');
    }
    const hello = decodeBody(message, readServerHello);
    checkSelectedVersion(hello);
    if (hello.legacySessionIdEcho.length > 0)
      throw illegalParameter('a session ID was not offered');
    if (hello.legacyCompressionMethod !== 0) throw illegalParameter('compression selected');
    const suite = this.#context.config.suites.find(({ code }) => code === hello.cipherSuite);
    if (suite === undefined) throw illegalParameter('a cipher suite that was not offered');
    return isHelloRetryRequest(hello)
      ? this.#retryWith(hello, suite, message.bytes)
      : this.#accept(hello, suite, message.bytes);
  }

  wipe(): void {
    for (const psk of this.#psks) psk.schedule.wipe();
  }

  #retryWith(request: ServerHello, suite: CipherSuite, bytes: Uint8Array): ReadingState {
    if (this.#retry !== undefined) {
      throw new TlsAlert(Alert.unexpected_message, 'a second HelloRetryRequest');
    }
    checkAnswers(request.extensions, 'hello_retry_request', this.#hello.extensionTypes);
    const context = this.#context;
    const { crypto } = context.config;
    const cookie = request.extensions.decode(ExtensionType.cookie, readCookie);
    const keyShare = this.#retryKeyShare(request);
    if (keyShare === undefined && cookie === undefined) {
      throw illegalParameter('a HelloRetryRequest that changes nothing');
    }

    // Of the PSKs only those stay that the selected suite can use (RFC 9846 §4.2.4).
    const psks = this.#psks.filter((psk) => psk.schedule.hash === suite.hash);
    for (const psk of this.#psks) if (!psks.includes(psk)) psk.schedule.wipe();
    if (psks.length === 0 && this.#psks.length > 0 && context.trust === undefined) {
      throw illegalParameter('the hash of the selected cipher suite is that of no offered PSK');
    }

    const firstHash = crypto.hash(suite.hash, this.#hello.bytes);
    const transcript = Transcript.afterRetry(crypto, suite.hash, firstHash, bytes);
    let covered = 0;
    const hello = buildClientHello(
      context,
      { keyShare: keyShare ?? this.#keyShare, psks, cookie, earlyData: false },
      (truncated) => {
        if (covered === 0) transcript.add(truncated);
        covered = truncated.length;
        return transcript.digest();
      },
    );
    transcript.add(hello.bytes.subarray(covered));
    context.output.send('initial', hello.bytes);
    const retry = { suite, transcript };
    const early = this.#earlyData;
    return new ExpectServerHello(context, keyShare ?? this.#keyShare, psks, hello, retry, early);
  }

  /** A share of the group that the server asks for, if it asks. RFC 9846 §4.3.8 */
  #retryKeyShare(request: ServerHello): KeyShare | undefined {
    const code = request.extensions.decode(ExtensionType.key_share, readUint16);
    if (code === undefined) return undefined;
    const { crypto, groups } = this.#context.config;
    const group = groupName(code);
    if (group === undefined || !groups.includes(group)) {
      throw illegalParameter('a retry with a group that was not offered');
    }
    if (group === this.#keyShare.group) {
      throw illegalParameter('a retry with the group whose share was sent');
    }
    return crypto.generateKeyShare(group);
  }

  #accept(hello: ServerHello, suite: CipherSuite, bytes: Uint8Array): ReadingState {
    if (this.#retry !== undefined && this.#retry.suite !== suite) {
      throw illegalParameter('not the cipher suite of the HelloRetryRequest');
    }
    checkAnswers(hello.extensions, 'server_hello', this.#hello.extensionTypes);
    const psk = this.#selectedPsk(hello, suite);
    const sharedSecret = this.#agree(hello, psk !== undefined);
    const { crypto } = this.#context.config;

    let transcript = this.#retry?.transcript;
    if (transcript === undefined) {
      transcript = new Transcript(crypto, suite.hash);
      transcript.add(this.#hello.bytes);
    }
    transcript.add(bytes);
    const early = psk?.schedule ?? EarlyKeySchedule.withoutPsk(crypto, suite.hash);
    const schedule = early.enterHandshake(sharedSecret, transcript.digest());
    this.wipe();
    return ExpectEncryptedExtensions.begin(this.#context, {
      suite,
      group: this.#keyShare.group,
      psk: psk?.origin,
      transcript,
      schedule,
      offeredTypes: this.#hello.extensionTypes,
      earlyData: this.#earlyData && {
        suite: this.#earlyData.suite,
        alpn: this.#earlyData.alpn,
        possible: this.#retry === undefined && psk !== undefined && psk === this.#psks[0],
      },
    });
  }

  /** RFC 9846 §4.3.11; a client that has external PSKs goes on with one of them or not at all. */
  #selectedPsk(hello: ServerHello, suite: CipherSuite): OfferedPsk | undefined {
    const index = hello.extensions.decode(ExtensionType.pre_shared_key, readUint16);
    if (index === undefined) {
      // Only a client that can judge a certificate goes on without: one with a ticket at most.
      if (this.#context.trust !== undefined) return undefined;
      throw new TlsAlert(Alert.missing_extension, 'the server selected none of the PSKs');
    }
    const psk = this.#psks[index];
    if (psk === undefined) throw illegalParameter('a PSK was selected that was not offered');
    if (psk.schedule.hash !== suite.hash) {
      throw illegalParameter('the hash of the selected PSK is not that of the cipher suite');
    }
    return psk;
  }

  #agree(hello: ServerHello, withPsk: boolean): Uint8Array {
    const share = hello.extensions.decode(ExtensionType.key_share, readKeyShareEntry);
    if (share === undefined) {
      // With a PSK this is psk_ke, which was not offered.
      if (withPsk) throw illegalParameter('no key exchange with the PSK');
      throw new TlsAlert(Alert.missing_extension, 'ServerHello without key_share');
    }
    if (share.group !== GROUP_CODES[this.#keyShare.group]) {
      throw illegalParameter('a key share of another group than the one offered');
    }
    return this.#keyShare.agree(share.keyExchange);
  }
}

/** Only a ticket allows 0-RTT, and only for the protocol that it was used for. RFC 9846 §4.3.10 */
function earlyDataOffer(
  psk: OfferedPsk | undefined,
  alpn: readonly string[],
): EarlyDataOffer | undefined {
  if (psk?.origin.type !== 'ticket' || psk.origin.maxEarlyDataSize === 0) return undefined;
  if (!alpn.includes(psk.origin.alpn)) return undefined;
  return { suite: psk.origin.cipherSuite, alpn: psk.origin.alpn, psk };
}

function startEarlyData(
  { config: { crypto }, output, random }: ClientContext,
  { suite, psk }: EarlyDataOffer,
  hello: Uint8Array,
): void {
  const secret = psk.schedule.clientEarlyTrafficSecret(crypto.hash(suite.hash, hello));
  output.keyLog('CLIENT_EARLY_TRAFFIC_SECRET', random, secret);
  output.secret('early', 'write', suite, secret);
}

function readCookie(reader: ByteReader): Uint8Array {
  return readVector(reader, 2, 1);
}
