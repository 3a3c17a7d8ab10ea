import { Alert } from '../alert.ts';
import type { CipherSuite } from '../cipher-suites.ts';
import { type HandshakeSummary, TlsAlert } from '../handshake.ts';
import { type ReadingState, unexpectedMessage } from '../handshake-machine.ts';
import type { ApplicationKeySchedule, HandshakeKeySchedule } from '../key-schedule.ts';
import { finishedVerifyData, type HandshakeMessage, MessageType } from '../messages/message.ts';
import type { Transcript } from '../transcript.ts';
import type { ServerContext } from './server-context.ts';
import { issueTicket } from './ticket-issuing.ts';

/** What the server keeps until the client's Finished. */
export interface ServerNegotiation {
  readonly suite: CipherSuite;
  /** For the client's Finished. */
  readonly handshake: HandshakeKeySchedule;
  /** It holds the traffic secret of the client. */
  readonly application: ApplicationKeySchedule;
  /** Up to the server's Finished. */
  readonly transcript: Transcript;
  readonly summary: HandshakeSummary;
  /** What a ticket goes back to; undefined where none is due. */
  readonly ticketBase: TicketBase | undefined;
}

export interface TicketBase {
  /** When the certificate was shown, in milliseconds since 1970; undefined for just now. */
  readonly authenticated: number | undefined;
}

/** The server's flight is sent. RFC 9846 §4.5.3 */
export class ExpectFinished implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'handshake';
  readonly #context: ServerContext;
  readonly #negotiation: ServerNegotiation;

  constructor(context: ServerContext, negotiation: ServerNegotiation) {
    this.#context = context;
    this.#negotiation = negotiation;
  }

  handle(message: HandshakeMessage): ReadingState {
    if (message.type !== MessageType.finished) throw unexpectedMessage(message, 'Finished');
    const { config, output, tickets } = this.#context;
    const negotiation = this.#negotiation;
    const { suite, transcript, handshake, application } = negotiation;
    const due = handshake.verifyData('client', transcript.digest());
    if (!config.crypto.equal(due, finishedVerifyData(message))) {
      throw new TlsAlert(Alert.decrypt_error, "the client's Finished does not verify");
    }
    transcript.add(message.bytes);
    // RFC 9001 §5.7: 1-RTT packets of the client are read only now.
    output.secret('application', 'read', suite, application.takeTrafficSecret('client'));
    output.complete(negotiation.summary);
    if (tickets !== undefined && negotiation.ticketBase !== undefined) {
      const { authenticated } = negotiation.ticketBase;
      issueTicket(config, output, tickets, {
        suite,
        alpn: negotiation.summary.alpn,
        resumptionSecret: application.resumptionSecret(transcript.digest()),
        authenticated: authenticated ?? tickets.keys.currentTime(),
      });
    }
    this.wipe();
    return new ServerConnected();
  }

  wipe(): void {
    this.#negotiation.handshake.wipe();
    this.#negotiation.application.wipe();
  }
}

/** The handshake is complete; a client has nothing more to say. RFC 9001 §6 */
class ServerConnected implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'application';

  handle(message: HandshakeMessage): ReadingState {
    throw unexpectedMessage(message, 'nothing');
  }

  wipe(): void {}
}
