import { concatBytes, wipe } from '@mpquic/wire';
import { Alert } from '../alert.ts';
import { type HandshakeSummary, TlsAlert } from '../handshake.ts';
import { type ReadingState, unexpectedMessage } from '../handshake-machine.ts';
import { type ApplicationKeySchedule, verifyData } from '../key-schedule.ts';
import { encodeCertificate } from '../messages/certificate.ts';
import { encodeFinished, type HandshakeMessage, MessageType } from '../messages/message.ts';
import { ClientConnected } from './client-connected.ts';
import type { ClientContext } from './client-context.ts';
import { type ClientProgress, wipeProgress } from './client-progress.ts';

/** The server is authenticated but for its Finished, which under a PSK is all of it. RFC 9846 §4.5.3 */
export class ExpectFinished implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'handshake';
  readonly #context: ClientContext;
  readonly #progress: ClientProgress;

  constructor(context: ClientContext, progress: ClientProgress) {
    this.#context = context;
    this.#progress = progress;
  }

  handle(message: HandshakeMessage): ReadingState {
    if (message.type !== MessageType.finished) throw unexpectedMessage(message, 'Finished');
    const { config, output } = this.#context;
    const { suite, transcript, serverSecret, schedule } = this.#progress;
    const due = verifyData(config.crypto, suite.hash, serverSecret, transcript.digest());
    if (!config.crypto.equal(due, message.body)) {
      throw new TlsAlert(Alert.decrypt_error, "the server's Finished does not verify");
    }
    transcript.add(message.bytes);
    const serverFinishedHash = transcript.digest();
    output.send('handshake', this.#lastFlight());

    const application = schedule.enterApplication();
    this.#installApplicationSecrets(application, serverFinishedHash);
    output.complete(this.#summary());
    const next = this.#connected(application);
    application.wipe();
    this.wipe();
    return next;
  }

  wipe(): void {
    wipeProgress(this.#progress);
  }

  /** Our Finished, behind an empty Certificate where one was asked for. */
  #lastFlight(): Uint8Array {
    const { crypto } = this.#context.config;
    const { suite, transcript, clientSecret, certificateRequested } = this.#progress;
    const certificate = certificateRequested ? encodeCertificate([]) : NOTHING;
    transcript.add(certificate);
    const finished = encodeFinished(
      verifyData(crypto, suite.hash, clientSecret, transcript.digest()),
    );
    transcript.add(finished);
    return concatBytes(certificate, finished);
  }

  #installApplicationSecrets(application: ApplicationKeySchedule, hash: Uint8Array): void {
    const { output, random } = this.#context;
    const { suite } = this.#progress;
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
  }

  #summary(): HandshakeSummary {
    const { suite, group, psk, alpn, certificate } = this.#progress;
    return {
      cipherSuite: suite.name,
      group,
      alpn,
      serverName: this.#context.serverName,
      psk: psk?.type === 'external' ? { identity: psk.identity, mode: psk.mode } : undefined,
      resumed: psk?.type === 'ticket',
      ...(certificate && { certificate }),
    };
  }

  /** Sessions by external PSK are not resumed: their tickets are ignored. */
  #connected(application: ApplicationKeySchedule): ClientConnected {
    const { suite, transcript, psk, alpn } = this.#progress;
    const { config, output, serverName } = this.#context;
    const { crypto, overQuic } = config;
    if (psk?.type === 'external') return new ClientConnected(overQuic, undefined);
    const resumptionSecret = application.resumptionSecret(transcript.digest());
    return new ClientConnected(overQuic, {
      crypto,
      output,
      suite,
      alpn,
      serverName,
      resumptionSecret,
    });
  }
}

const NOTHING = new Uint8Array(0);
