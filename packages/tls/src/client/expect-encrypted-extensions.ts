import { Alert } from '../alert.ts';
import { decodeError, illegalParameter } from '../codec.ts';
import { TlsAlert } from '../handshake.ts';
import { type ReadingState, unexpectedMessage } from '../handshake-machine.ts';
import { checkAnswers, ExtensionBlock, ExtensionType } from '../messages/extensions.ts';
import { decodeBody, type HandshakeMessage, MessageType } from '../messages/message.ts';
import { ProtocolNames } from '../messages/protocol-names.ts';
import type { ClientContext } from './client-context.ts';
import type { ClientNegotiation, ClientProgress } from './client-progress.ts';
import { ExpectCertificate } from './expect-certificate.ts';
import { ExpectFinished } from './expect-finished.ts';

/** ServerHello came. RFC 9846 §4.4.1 */
export class ExpectEncryptedExtensions implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'handshake';
  readonly #context: ClientContext;
  readonly #negotiation: ClientNegotiation;

  private constructor(context: ClientContext, negotiation: ClientNegotiation) {
    this.#context = context;
    this.#negotiation = negotiation;
  }

  /** Installs the secrets of the handshake level. */
  static begin(context: ClientContext, negotiation: ClientNegotiation): ExpectEncryptedExtensions {
    const { output, random } = context;
    const { schedule, suite } = negotiation;
    const { clientSecret, serverSecret } = schedule;
    output.keyLog('CLIENT_HANDSHAKE_TRAFFIC_SECRET', random, clientSecret);
    output.keyLog('SERVER_HANDSHAKE_TRAFFIC_SECRET', random, serverSecret);
    // Finished needs them too.
    output.secret('handshake', 'read', suite, serverSecret.slice());
    output.secret('handshake', 'write', suite, clientSecret.slice());
    return new ExpectEncryptedExtensions(context, negotiation);
  }

  handle(message: HandshakeMessage): ReadingState {
    if (message.type !== MessageType.encrypted_extensions) {
      throw unexpectedMessage(message, 'EncryptedExtensions');
    }
    const { config, output } = this.#context;
    const negotiation = this.#negotiation;
    const extensions = decodeBody(message, ExtensionBlock.read);
    checkAnswers(extensions, 'encrypted_extensions', negotiation.offeredTypes);
    const alpn = this.#selectedProtocol(extensions);
    this.#checkEarlyData(extensions, alpn);
    if (config.overQuic) {
      const parameters = extensions.find(ExtensionType.quic_transport_parameters);
      if (parameters === undefined) {
        throw new TlsAlert(Alert.missing_extension, 'no quic_transport_parameters (RFC 9001 §8.2)');
      }
      output.transportParameters(parameters);
    }
    negotiation.transcript.add(message.bytes);
    const progress: ClientProgress = {
      negotiation,
      alpn,
      certificateRequested: false,
      certificate: undefined,
    };
    return negotiation.psk === undefined
      ? new ExpectCertificate(this.#context, progress)
      : new ExpectFinished(this.#context, progress);
  }

  wipe(): void {
    this.#negotiation.schedule.wipe();
  }

  /** RFC 7301 §3.1; RFC 9001 §8.1: without one the connection ends. */
  #selectedProtocol(extensions: ExtensionBlock): string {
    const { alpn, overQuic } = this.#context.config;
    const names = extensions.decode(
      ExtensionType.application_layer_protocol_negotiation,
      ProtocolNames.read,
    );
    if (names === undefined) {
      if (!overQuic) return '';
      throw new TlsAlert(Alert.no_application_protocol, 'the server selected no ALPN protocol');
    }
    if (names.count !== 1) throw decodeError('the server names one ALPN protocol');
    const name = names.first(alpn);
    if (name === undefined) throw illegalParameter('an ALPN protocol that was not offered');
    return name;
  }

  /** RFC 9846 §4.3.10, §4.3.11: 0-RTT is accepted with the first PSK, and all that goes with it. */
  #checkEarlyData(extensions: ExtensionBlock, alpn: string): void {
    const { earlyData, suite } = this.#negotiation;
    if (earlyData === undefined) return;
    const data = extensions.find(ExtensionType.early_data);
    if (data !== undefined) {
      if (data.length > 0) throw decodeError('early_data with contents');
      if (!earlyData.possible || suite !== earlyData.suite || alpn !== earlyData.alpn) {
        throw illegalParameter('0-RTT accepted where it cannot be');
      }
    }
    this.#context.output.earlyData(data !== undefined);
  }
}
