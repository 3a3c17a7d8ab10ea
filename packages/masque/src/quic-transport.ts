import type { DrivenConnection, QuicSession } from '@mpquic/endpoint';
import type { DatagramRoute, Http3Transport } from '@mpquic/http3';
import type { ConnectionMachine, PathScheduler } from '@mpquic/quic';

/** A QUIC session as HTTP/3 wants it: every call that queues something wakes the driver. */
export class QuicTransport implements Http3Transport {
  readonly #session: QuicSession;
  readonly #driven: DrivenConnection;
  readonly #machine: ConnectionMachine;

  constructor(session: QuicSession, driven: DrivenConnection) {
    this.#session = session;
    this.#driven = driven;
    this.#machine = driven.machine;
  }

  get maxDatagramSize(): number {
    return this.#machine.maxDatagramSize;
  }

  openStream(direction: 'bidi' | 'uni'): number | undefined {
    return this.#session.destroyed ? undefined : this.#machine.openStream(direction);
  }

  writeStream(streamId: number, data: Uint8Array, fin: boolean): number {
    // On a connection that is over, everything is as good as sent.
    if (this.#session.destroyed) return data.length;
    const taken = this.#machine.writeStream(streamId, data, fin);
    this.#driven.wake();
    return taken;
  }

  resetStream(streamId: number, code: number): void {
    if (this.#session.destroyed) return;
    this.#machine.resetStream(streamId, code);
    this.#driven.wake();
  }

  stopSending(streamId: number, code: number): void {
    if (this.#session.destroyed) return;
    this.#machine.stopSending(streamId, code);
    this.#driven.wake();
  }

  /** The route is a path ID or a {@link PathScheduler}. */
  sendDatagram(data: Uint8Array, route?: DatagramRoute): number | undefined {
    const datagramId = this.#machine.sendDatagram(
      data,
      route as number | PathScheduler | undefined,
    );
    if (datagramId !== undefined) this.#driven.wake();
    return datagramId;
  }

  close(code: number, reason: string): void {
    this.#session.destroy(undefined, { code, reason, type: 'application' });
  }
}
