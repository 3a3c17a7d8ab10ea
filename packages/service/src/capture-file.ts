import { closeSync, openSync, writeSync } from 'node:fs';
import { encodeUdpPacket, LinkType, PcapngWriter, TcpStreams } from '@mpquic/capture';
import type { CapturedPacket } from './event-lines.ts';
import { wallClock } from './role-events.ts';

const FLUSH_OCTETS = 1 << 20;

/**
 * Writes what a role sends and receives to a pcapng file, one interface per kind: UDP datagrams (N4,
 * QUIC) as they are, the octets of TCP connections (N1, SBI) in packets made for them.
 */
export class CaptureFile {
  readonly #descriptor: number;
  readonly #writer = new PcapngWriter('mpq');
  readonly #interfaces = new Map<string, number>();
  readonly #streams = new TcpStreams();
  #waiting = 0;
  #open = true;

  /** @throws {Error} of node:fs where the file cannot be written */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'w', 0o600);
  }

  /** A tap for a role; bound, so that it can be handed on. */
  readonly tap = (packet: CapturedPacket): void => {
    if (!this.#open) return;
    const { source, destination, payload, transport } = packet;
    const packets =
      transport === 'udp'
        ? [encodeUdpPacket({ source, destination, ecn: 0, payload })]
        : this.#streams.packets(source, destination, payload);
    const now = wallClock();
    for (const data of packets) {
      this.#writer.addPacket(this.#interface(packet.interface), now, data);
      this.#waiting += data.length;
    }
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
