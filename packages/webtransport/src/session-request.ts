import type { QuicSession } from '@mpquic/endpoint';
import type { Field, RequestHead, ResponseHead } from '@mpquic/http3';
import type { WebTransportSession } from './webtransport-session.ts';

/** A client asks for a session. It is answered once, at any later time. */
export interface SessionRequest {
  readonly head: RequestHead;
  readonly quic: QuicSession;
  /** Undefined where the client has given up meanwhile. */
  accept(fields?: readonly Field[]): WebTransportSession | undefined;
  refuse(response: ResponseHead): void;
}

/** The server did not open a session. */
export class SessionRefused extends Error {
  override readonly name = 'SessionRefused';
  readonly status: number;

  constructor(status: number) {
    super(`the server refused the session with status ${status}`);
    this.status = status;
  }
}
