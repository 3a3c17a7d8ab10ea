import { type ReadingState, unexpectedMessage } from '../handshake-machine.ts';
import { type HandshakeMessage, MessageType } from '../messages/message.ts';

/**
 * The handshake is complete. Of what may follow, NewSessionTicket is ignored; KeyUpdate is QUIC's own
 * (RFC 9001 §6) and nothing else was asked for.
 */
export class ClientConnected implements ReadingState {
  readonly kind = 'reading';
  readonly level = 'application';

  handle(message: HandshakeMessage): ReadingState {
    if (message.type === MessageType.new_session_ticket) return this;
    throw unexpectedMessage(message, 'nothing but NewSessionTicket');
  }

  wipe(): void {}
}
