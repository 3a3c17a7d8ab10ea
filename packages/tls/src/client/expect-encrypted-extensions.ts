import type { GroupName } from '@mpquic/crypto';
import { fromUtf8, wipe } from '@mpquic/wire';
import { Alert } from '../alert.ts';
import type { CipherSuite } from '../cipher-suites.ts';
import { decodeError, decodeWhole, illegalParameter, readList, readVector } from '../codec.ts';
import { type HandshakeSummary, TlsAlert } from '../handshake.ts';
import { type ReadingState, unexpectedMessage } from '../handshake-machine.ts';
import type { HandshakeKeySchedule } from '../key-schedule.ts';
import {
  checkAnswers,
  type Extension,
  ExtensionType,
  findExtension,
  readExtensions,
} from '../messages/extensions.ts';
import { type HandshakeMessage, MessageType } from '../messages/message.ts';
import type { Transcript } from '../transcript.ts';
import type { ClientContext } from './client-context.ts';
import { ExpectFinished } from './expect-finished.ts';

/** What ServerHello settled. */
export interface ClientNegotiation {
  readonly suite: CipherSuite;
  readonly group: GroupName;
  readonly psk: HandshakeSummary['psk'];
  readonly transcript: Transcript;
  readonly schedule: HandshakeKeySchedule;
  readonly offeredTypes: ReadonlySet<number>;
}

/** The traffic secrets of the handshake level. */
export interface HandshakeSecrets {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** ServerHello came. RFC 9846 §4.4.1 */
export class ExpectEncryptedExtensions implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'handshake';
  readonly #context: ClientContext;
  readonly #negotiation: ClientNegotiation;
  readonly #secrets: HandshakeSecrets;

  private constructor(
    context: ClientContext,
    negotiation: ClientNegotiation,
    secrets: HandshakeSecrets,
  ) {
    this.#context = context;
    this.#negotiation = negotiation;
    this.#secrets = secrets;
  }

  /** Installs the secrets of the handshake level. */
  static begin(context: ClientContext, negotiation: ClientNegotiation): ExpectEncryptedExtensions {
    const { output, random } = context;
    const { schedule, suite } = negotiation;
    const hash = negotiation.transcript.digest();
    const secrets = {
      client: schedule.trafficSecret('client', hash),
      server: schedule.trafficSecret('server', hash),
    };
    output.keyLog('CLIENT_HANDSHAKE_TRAFFIC_SECRET', random, secrets.client);
    output.keyLog('SERVER_HANDSHAKE_TRAFFIC_SECRET', random, secrets.server);
    output.secret('handshake', 'read', suite, secrets.server);
    output.secret('handshake', 'write', suite, secrets.client);
    return new ExpectEncryptedExtensions(context, negotiation, secrets);
  }

  handle(message: HandshakeMessage): ReadingState {
    if (message.type !== MessageType.encrypted_extensions) {
      throw unexpectedMessage(message, 'EncryptedExtensions');
    }
    const { config, output } = this.#context;
    const extensions = decodeWhole(message.body, readExtensions);
    checkAnswers(extensions, 'encrypted_extensions', this.#negotiation.offeredTypes);
    const alpn = this.#selectedProtocol(extensions);
    if (config.overQuic) {
      const parameters = findExtension(extensions, ExtensionType.quic_transport_parameters);
      if (parameters === undefined) {
        throw new TlsAlert(Alert.missing_extension, 'no quic_transport_parameters (RFC 9001 §8.2)');
      }
      output.transportParameters(parameters);
    }
    this.#negotiation.transcript.add(message.bytes);
    return new ExpectFinished(this.#context, this.#negotiation, this.#secrets, alpn);
  }

  wipe(): void {
    wipe(this.#secrets.client, this.#secrets.server);
    this.#negotiation.schedule.wipe();
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
}
