import { wipe } from '@mpquic/wire';
import { Alert } from '../alert.ts';
import { type HandshakeSummary, TlsAlert } from '../handshake.ts';
import { type ReadingState, unexpectedMessage } from '../handshake-machine.ts';
import type { ApplicationKeySchedule } from '../key-schedule.ts';
import { encodeCertificate } from '../messages/certificate.ts';
import {
  encodeFinished,
  finishedVerifyData,
  type HandshakeMessage,
  MessageType,
} from '../messages/message.ts';
import { ClientConnected } from './client-connected.ts';
import type { ClientContext } from './client-context.ts';
import type { ClientProgress } from './client-progress.ts';

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
    const { transcript, schedule } = this.#progress.negotiation;
    const due = schedule.verifyData('server', transcript.digest());
    if (!config.crypto.equal(due, finishedVerifyData(message))) {
      throw new TlsAlert(Alert.decrypt_error, "the server's Finished does not verify");
    }
    transcript.add(message.bytes);
    const serverFinishedHash = transcript.digest();
    this.#sendLastFlight();
    const application = schedule.enterApplication(serverFinishedHash);
    this.#installApplicationSecrets(application, serverFinishedHash);
    output.complete(this.#summary());
    const next = this.#connected(application);
    application.wipe();
    this.wipe();
    return next;
  }

  wipe(): void {
    this.#progress.negotiation.schedule.wipe();
  }

  /** Our Finished, behind an empty Certificate where one was asked for. */
  #sendLastFlight(): void {
    const { certificateRequested, negotiation } = this.#progress;
    if (certificateRequested) this.#send(encodeCertificate([]));
    const { schedule, transcript } = negotiation;
    this.#send(encodeFinished(schedule.verifyData('client', transcript.digest())));
  }

  #send(message: Uint8Array): void {
    this.#progress.negotiation.transcript.add(message);
    this.#context.output.send('handshake', message);
  }

  #installApplicationSecrets(application: ApplicationKeySchedule, hash: Uint8Array): void {
    const { output, random } = this.#context;
    const { suite } = this.#progress.negotiation;
    output.keyLog('CLIENT_TRAFFIC_SECRET_0', random, application.trafficSecret('client'));
    output.keyLog('SERVER_TRAFFIC_SECRET_0', random, application.trafficSecret('server'));
    if (output.keyLogWanted) {
      const exporter = application.exporterSecret(hash);
      output.keyLog('EXPORTER_SECRET', random, exporter);
      wipe(exporter);
    }
    output.secret('application', 'read', suite, application.takeTrafficSecret('server'));
    output.secret('application', 'write', suite, application.takeTrafficSecret('client'));
  }

  #summary(): HandshakeSummary {
    const { negotiation, alpn, certificate } = this.#progress;
    const { suite, group, psk } = negotiation;
    const summary: HandshakeSummary = {
      cipherSuite: suite.name,
      group,
      alpn,
      serverName: this.#context.serverName,
      psk: psk?.type === 'external' ? { identity: psk.identity, mode: psk.mode } : undefined,
      resumed: psk?.type === 'ticket',
    };
    return certificate === undefined ? summary : { ...summary, certificate };
  }

  /** Sessions by external PSK are not resumed: their tickets are ignored. */
  #connected(application: ApplicationKeySchedule): ClientConnected {
    const { negotiation, alpn } = this.#progress;
    const { suite, transcript, psk } = negotiation;
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
