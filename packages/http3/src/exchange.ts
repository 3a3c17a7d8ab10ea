import type { RequestStream } from './request-stream.ts';
import type { StreamWriter } from './stream-writer.ts';

/** A request and its response, on one request stream. */
export interface Exchange {
  readonly streamId: number;
  readonly receiving: RequestStream;
  readonly writer: StreamWriter;
  /** Whether the request gives HTTP datagrams a meaning: extended CONNECT does. RFC 9297 §2 */
  carriesDatagrams: boolean;
  /** Whether a final response was sent. */
  answered: boolean;
  receiveEnded: boolean;
  sendEnded: boolean;
}

/** Whether nothing more comes or goes. */
export function isOver(exchange: Exchange): boolean {
  return exchange.receiveEnded && exchange.sendEnded && exchange.writer.idle;
}
