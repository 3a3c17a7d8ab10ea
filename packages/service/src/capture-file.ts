import { closeSync, openSync, writeSync } from 'node:fs';
import { encodeUdpPacket, LinkType, PcapngWriter } from '@mpquic/capture';
import type { CapturedPacket } from './event-lines.ts';
import { wallClock } from './role-events.ts';

const FLUSH_OCTETS = 1 << 20;

/**
 * Writes the UDP datagrams of a role (N4, QUIC) to a pcapng file, one interface per kind. Octets of
 * TCP are left out: messages over N1 and SBI are told by role events.
 */
export class CaptureFile {
  readonly #descriptor: number;
  readonly #writer = new PcapngWriter('mpq');
  readonly #interfaces = new Map<string, number>();
  #waiting = 0;
  #open = true;

  /** @throws {Error} of node:fs where the file cannot be written */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'w', 0o600);
  }

  /** A tap for a role; bound, so that it can be handed on. */
  readonly tap = (packet: CapturedPacket): void => {
    if (!this.#open || packet.transport !== 'udp') return;
    const { source, destination, payload } = packet;
    const data = encodeUdpPacket({ source, destination, ecn: 0, payload });
    this.#writer.addPacket(this.#interface(packet.interface), wallClock(), data);
    this.#waiting += data.length;
    if (this.#waiting > FLUSH_OCTETS) this.#flush();
  };

  /** Lines of a TLS key log, for whoever opens the file to decrypt what follows. */
  addKeyLog(line: string): void {
    if (this.#open) this.#writer.addKeyLog(`${line}\n`);
  }

  close(): void {
    if (!this.#open) return;
    this.#flush();
    this.#open = false;
    closeSync(this.#descriptor);
  }

  #interface(name: string): number {
    const known = this.#interfaces.get(name);
    if (known !== undefined) return known;
    const added = this.#writer.addInterface({ name, linkType: LinkType.raw });
    this.#interfaces.set(name, added);
    return added;
  }

  #flush(): void {
    writeSync(this.#descriptor, this.#writer.take());
    this.#waiting = 0;
  }
}
