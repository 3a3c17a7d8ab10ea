import type { SocketAddress } from 'node:net';
import type { ConnectionMachine, PathSnapshot, QuicVersionName } from '@mpquic/quic';
import type { HandshakeSummary } from '@mpquic/tls';
import { toSocketAddress } from './address.ts';
import type { SessionHandshakeInfo } from './session-callbacks.ts';

/** What a complete handshake settled. Addresses are objects of the system's: made when asked for. */
export class HandshakeInfo implements SessionHandshakeInfo {
  readonly cipherVersion = 'TLSv1.3';
  readonly validationErrorReason = '';
  readonly validationErrorCode = 0;
  readonly earlyDataAttempted: boolean;
  readonly earlyDataAccepted: boolean;
  readonly #summary: HandshakeSummary;
  readonly #path: Pick<PathSnapshot, 'local' | 'remote'>;
  readonly #multipath: boolean;
  readonly #version: QuicVersionName;

  constructor(machine: ConnectionMachine, summary: HandshakeSummary) {
    const { local, remote } = machine.paths()[0] as PathSnapshot;
    this.#summary = summary;
    this.#path = { local, remote };
    this.earlyDataAttempted = machine.earlyData !== 'none';
    this.earlyDataAccepted = machine.earlyData === 'accepted';
    this.#version = machine.version;
    this.#multipath = machine.multipath ?? false;
  }

  get local(): SocketAddress {
    return toSocketAddress(this.#path.local);
  }

  get remote(): SocketAddress {
    return toSocketAddress(this.#path.remote);
  }

  get servername(): string {
    return this.#summary.serverName ?? '';
  }

  get protocol(): string {
    return this.#summary.alpn;
  }

  get cipher(): string {
    return this.#summary.cipherSuite;
  }

  get version(): QuicVersionName {
    return this.#version;
  }

  get group(): string {
    return this.#summary.group;
  }

  get psk(): HandshakeSummary['psk'] {
    return this.#summary.psk;
  }

  get resumed(): boolean {
    return this.#summary.resumed;
  }

  get multipath(): boolean {
    return this.#multipath;
  }
}
