/**
 * What HTTP/3 needs of a QUIC connection. A connection of package quic fits once its `close` is bound
 * to a clock; nothing here reads one.
 */
export interface Http3Transport {
  /** The new stream's ID, or undefined while the peer's limit allows none. */
  openStream(direction: 'bidi' | 'uni'): number | undefined;
  /** Takes octets, which stay unchanged until acknowledged; returns how many. */
  writeStream(streamId: number, data: Uint8Array, fin: boolean): number;
  resetStream(streamId: number, code: number): void;
  /** Nothing that comes on the stream is handed over afterwards. */
  stopSending(streamId: number, code: number): void;
  /** Largest DATAGRAM frame payload that fits now; 0 where the peer takes none. */
  readonly maxDatagramSize: number;
  /**
   * Copies one datagram. Its number, or undefined where it was not taken. `route` is handed through from
   * the caller: how the transport is to send it.
   */
  sendDatagram(data: Uint8Array, route?: DatagramRoute): number | undefined;
  close(code: number, reason: string): void;
}

/** Something that only the transport and the sender of a datagram understand, such as a path scheduler. */
export type DatagramRoute = number | object;

/** Datagrams that came together, lent with their octets: a view is made only of what is asked for. */
export interface LentDatagrams {
  readonly length: number;
  /** Memory that holds them, each from {@link startOf} on. */
  readonly octets: Uint8Array;
  startOf(index: number): number;
  lengthOf(index: number): number;
  /** What follows the first `from` octets of a datagram. */
  at(index: number, from?: number): Uint8Array;
}
