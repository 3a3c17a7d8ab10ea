import type { RequestStreamEvent } from './request-stream.ts';
import type { Http3Settings } from './settings.ts';

/** What an HTTP/3 connection tells its user. */
export type Http3Event =
  | { readonly type: 'settings'; readonly settings: Http3Settings }
  | (RequestStreamEvent & { readonly streamId: number })
  /**
   * A request stream is over before its end, with an HTTP/3 code: the peer reset it, or broke a rule so
   * that this side gave it up. Nothing of it is to be sent any more.
   */
  | {
      readonly type: 'reset';
      readonly streamId: number;
      readonly code: number;
      readonly by: 'local' | 'peer';
      readonly reason: string;
    }
  /** The peer asks this side to stop sending. */
  | { readonly type: 'stopped'; readonly streamId: number; readonly code: number }
  | { readonly type: 'writable'; readonly streamId: number }
  /** An HTTP datagram of an open request stream, out of a QUIC DATAGRAM frame. */
  | { readonly type: 'datagram'; readonly streamId: number; readonly payload: Uint8Array }
  /** Requests from `id` on are not taken by the server; those sent already were reset here. */
  | { readonly type: 'goaway'; readonly id: number };
