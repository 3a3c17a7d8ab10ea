import { wipe } from '@mpquic/wire';
import { Alert } from '../alert.ts';
import { TlsAlert } from '../handshake.ts';
import { type ReadingState, unexpectedMessage } from '../handshake-machine.ts';
import { verifyData } from '../key-schedule.ts';
import { encodeFinished, type HandshakeMessage, MessageType } from '../messages/message.ts';
import { ClientConnected } from './client-connected.ts';
import type { ClientContext } from './client-context.ts';
import type { ClientNegotiation, HandshakeSecrets } from './expect-encrypted-extensions.ts';

/** The server authenticates itself by its Finished alone, under a PSK. RFC 9846 §4.5.3 */
export class ExpectFinished implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'handshake';
  readonly #context: ClientContext;
  readonly #negotiation: ClientNegotiation;
  readonly #secrets: HandshakeSecrets;
  readonly #alpn: string;

  constructor(
    context: ClientContext,
    negotiation: ClientNegotiation,
    secrets: HandshakeSecrets,
    alpn: string,
  ) {
    this.#context = context;
    this.#negotiation = negotiation;
    this.#secrets = secrets;
    this.#alpn = alpn;
  }

  handle(message: HandshakeMessage): ReadingState {
    if (message.type !== MessageType.finished) throw unexpectedMessage(message, 'Finished');
    const { crypto } = this.#context.config;
    const { suite, transcript } = this.#negotiation;
    const due = verifyData(crypto, suite.hash, this.#secrets.server, transcript.digest());
    if (!crypto.equal(due, message.body)) {
      throw new TlsAlert(Alert.decrypt_error, "the server's Finished does not verify");
    }
    transcript.add(message.bytes);
    this.#finish();
    return new ClientConnected();
  }

  wipe(): void {
    wipe(this.#secrets.client, this.#secrets.server);
    this.#negotiation.schedule.wipe();
  }

  /** Sends our Finished and installs the secrets of the application level. */
  #finish(): void {
    const { config, output, random, serverName } = this.#context;
    const { suite, group, psk, transcript, schedule } = this.#negotiation;
    const hash = transcript.digest();
    const data = verifyData(config.crypto, suite.hash, this.#secrets.client, hash);
    output.send('handshake', encodeFinished(data));

    const application = schedule.enterApplication();
    const client = application.trafficSecret('client', hash);
    const server = application.trafficSecret('server', hash);
    output.keyLog('CLIENT_TRAFFIC_SECRET_0', random, client);
    output.keyLog('SERVER_TRAFFIC_SECRET_0', random, server);
    if (output.keyLogWanted) {
      const exporter = application.exporterSecret(hash);
      output.keyLog('EXPORTER_SECRET', random, exporter);
      wipe(exporter);
    }
    output.secret('application', 'read', suite, server);
    output.secret('application', 'write', suite, client);
    wipe(client, server);
    application.wipe();
    this.wipe();
    output.complete({
      cipherSuite: suite.name,
      group,
      alpn: this.#alpn,
      serverName,
      psk,
      resumed: false,
    });
  }
}
