import type { Http3Event } from '../http3-event.ts';
import type { RequestHead, ResponseHead } from '../message.ts';
import type { WebTransportDraft } from './draft.ts';

/** How a session ended. */
export interface SessionEnd {
  readonly by: 'local' | 'peer';
  /** Whether it was closed as an application closes it; otherwise its stream was reset. */
  readonly clean: boolean;
  /** The application's code, 0 without one. */
  readonly code: number;
  readonly reason: string;
}

/** What a WebTransport connection tells its user. */
export type WebTransportEvent =
  /** The peer's settings are here; undefined where it offers no WebTransport that is spoken here. */
  | { readonly type: 'settings'; readonly draft: WebTransportDraft | undefined }
  /** Server: a client asks for a session, which is to be accepted or refused. */
  | {
      readonly type: 'session_requested';
      readonly sessionId: number;
      readonly request: RequestHead;
    }
  /** Client: the server accepted. */
  | { readonly type: 'session_opened'; readonly sessionId: number; readonly response: ResponseHead }
  /** Client: the server did not accept. */
  | {
      readonly type: 'session_refused';
      readonly sessionId: number;
      readonly response: ResponseHead;
    }
  /** It is over, and so are all its streams. */
  | { readonly type: 'session_closed'; readonly sessionId: number; readonly end: SessionEnd }
  /** The peer wants the session to come to its end. */
  | { readonly type: 'session_draining'; readonly sessionId: number }
  /** The peer opened a stream. */
  | {
      readonly type: 'stream_opened';
      readonly sessionId: number;
      readonly streamId: number;
      readonly direction: 'bidi' | 'uni';
    }
  | {
      readonly type: 'stream_data';
      readonly streamId: number;
      readonly data: Uint8Array;
      readonly fin: boolean;
    }
  /** The peer gave up sending. No code where an application can have given none. */
  | {
      readonly type: 'stream_reset';
      readonly streamId: number;
      readonly code: number | undefined;
    }
  /** The peer wants no more. */
  | {
      readonly type: 'stream_stopped';
      readonly streamId: number;
      readonly code: number | undefined;
    }
  | { readonly type: 'stream_writable'; readonly streamId: number }
  | { readonly type: 'datagram'; readonly sessionId: number; readonly payload: Uint8Array }
  /** What is not of WebTransport: other requests. */
  | { readonly type: 'http'; readonly event: Http3Event };
