import { fromUtf8 } from '@mpquic/wire';
import { Alert } from '../alert.ts';
import { decodeError, decodeWhole, illegalParameter, readList, readVector } from '../codec.ts';
import { TlsAlert } from '../handshake.ts';
import { type ReadingState, unexpectedMessage } from '../handshake-machine.ts';
import {
  checkAnswers,
  type Extension,
  ExtensionType,
  findExtension,
  readExtensions,
} from '../messages/extensions.ts';
import { type HandshakeMessage, MessageType } from '../messages/message.ts';
import type { ClientContext } from './client-context.ts';
import { type ClientNegotiation, type ClientProgress, wipeProgress } from './client-progress.ts';
import { ExpectCertificate } from './expect-certificate.ts';
import { ExpectFinished } from './expect-finished.ts';

type Beginning = Omit<ClientProgress, 'alpn'>;

/** ServerHello came. RFC 9846 §4.4.1 */
export class ExpectEncryptedExtensions implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'handshake';
  readonly #context: ClientContext;
  readonly #progress: Beginning;

  private constructor(context: ClientContext, progress: Beginning) {
    this.#context = context;
    this.#progress = progress;
  }

  /** Installs the secrets of the handshake level. */
  static begin(context: ClientContext, negotiation: ClientNegotiation): ExpectEncryptedExtensions {
    const { output, random } = context;
    const { schedule, suite, transcript } = negotiation;
    const hash = transcript.digest();
    const clientSecret = schedule.trafficSecret('client', hash);
    const serverSecret = schedule.trafficSecret('server', hash);
    output.keyLog('CLIENT_HANDSHAKE_TRAFFIC_SECRET', random, clientSecret);
    output.keyLog('SERVER_HANDSHAKE_TRAFFIC_SECRET', random, serverSecret);
    output.secret('handshake', 'read', suite, serverSecret);
    output.secret('handshake', 'write', suite, clientSecret);
    return new ExpectEncryptedExtensions(context, {
      ...negotiation,
      clientSecret,
      serverSecret,
      certificateRequested: false,
      certificate: undefined,
    });
  }

  handle(message: HandshakeMessage): ReadingState {
    if (message.type !== MessageType.encrypted_extensions) {
      throw unexpectedMessage(message, 'EncryptedExtensions');
    }
    const { config, output } = this.#context;
    const { offeredTypes, transcript, psk } = this.#progress;
    const extensions = decodeWhole(message.body, readExtensions);
    checkAnswers(extensions, 'encrypted_extensions', offeredTypes);
    const alpn = this.#selectedProtocol(extensions);
    this.#checkEarlyData(extensions, alpn);
    if (config.overQuic) {
      const parameters = findExtension(extensions, ExtensionType.quic_transport_parameters);
      if (parameters === undefined) {
        throw new TlsAlert(Alert.missing_extension, 'no quic_transport_parameters (RFC 9001 §8.2)');
      }
      output.transportParameters(parameters);
    }
    transcript.add(message.bytes);
    const progress: ClientProgress = { ...this.#progress, alpn };
    return psk === undefined
      ? new ExpectCertificate(this.#context, progress)
      : new ExpectFinished(this.#context, progress);
  }

  wipe(): void {
    wipeProgress(this.#progress);
  }

  /** RFC 7301 §3.1; RFC 9001 §8.1: without one the connection ends. */
  #selectedProtocol(extensions: readonly Extension[]): string {
    const { alpn, overQuic } = this.#context.config;
    const data = findExtension(extensions, ExtensionType.application_layer_protocol_negotiation);
    if (data === undefined) {
      if (!overQuic) return '';
      throw new TlsAlert(Alert.no_application_protocol, 'the server selected no ALPN protocol');
    }
    const names = decodeWhole(data, (reader) =>
      readList(reader, 2, 2, (entry) => fromUtf8(readVector(entry, 1, 1))),
    );
    if (names.length !== 1) throw decodeError('the server names one ALPN protocol');
    const name = names[0] as string;
    if (!alpn.includes(name)) throw illegalParameter('an ALPN protocol that was not offered');
    return name;
  }

  /** RFC 9846 §4.3.10, §4.3.11: 0-RTT is accepted with the first PSK, and all that goes with it. */
  #checkEarlyData(extensions: readonly Extension[], alpn: string): void {
    const { earlyData, suite } = this.#progress;
    if (earlyData === undefined) return;
    const data = findExtension(extensions, ExtensionType.early_data);
    if (data !== undefined) {
      if (data.length > 0) throw decodeError('early_data with contents');
      if (!earlyData.possible || suite !== earlyData.suite || alpn !== earlyData.alpn) {
        throw illegalParameter('0-RTT accepted where it cannot be');
      }
    }
    this.#context.output.earlyData(data !== undefined);
  }
}
