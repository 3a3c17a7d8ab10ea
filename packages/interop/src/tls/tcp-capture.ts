import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LinkType, PcapngWriter, TcpStreams } from '@mpquic/capture';
import type { Address } from '@mpquic/wire';

interface Captured {
  /** Microseconds since 1970. */
  readonly time: number;
  readonly source: Address;
  readonly destination: Address;
  readonly payload: Uint8Array;
}

/** The octets of TCP connections in one case, and the secrets of their TLS. */
export class TcpCapture {
  readonly #captured: Captured[] = [];
  readonly #keyLogs: (readonly string[])[] = [];

  take(source: Address, destination: Address, payload: Uint8Array): void {
    const time = Date.now() * 1000;
    this.#captured.push({ time, source, destination, payload: payload.slice() });
  }

  /** Lines of an NSS key log, which may become more until they are written. */
  watch(keyLog: readonly string[]): void {
    this.#keyLogs.push(keyLog);
  }

  /** Writes `capture-tcp.pcapng` where there is anything to write, secrets first. */
  write(folder: string): void {
    if (this.#captured.length === 0) return;
    const writer = new PcapngWriter('mpq');
    const streams = new TcpStreams();
    const tcp = writer.addInterface({ name: 'TLS', linkType: LinkType.raw });
    writer.addKeyLog(this.#keyLogs.flatMap((lines) => lines.map((line) => `${line}\n`)).join(''));
    for (const { time, source, destination, payload } of this.#captured) {
      for (const packet of streams.packets(source, destination, payload)) {
        writer.addPacket(tcp, time, packet);
      }
    }
    writeFileSync(join(folder, 'capture-tcp.pcapng'), writer.take());
  }
}
