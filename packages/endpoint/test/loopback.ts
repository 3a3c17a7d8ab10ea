import type { Address, Datagram, Transmit } from '@mpquic/wire';
import { createTransmit } from '@mpquic/wire';
import type { DatagramSocketHandler } from '../src/datagram-socket.ts';

/** Waits until `condition` holds; fails after twenty seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Records what a socket reports. */
export class Recorder implements DatagramSocketHandler {
  readonly payloads: string[] = [];
  readonly remotes: Address[] = [];
  readonly failures: string[] = [];
  batches = 0;
  /** Batches over and done with. */
  settled = 0;
  onbatch: () => void = () => undefined;

  datagramReceived(datagram: Datagram): void {
    this.payloads.push(Buffer.from(datagram.payload).toString('latin1'));
    this.remotes.push(datagram.remote);
  }

  batchReceived(): void {
    this.batches += 1;
    this.onbatch();
  }

  batchSettled(): void {
    this.settled += 1;
  }

  socketWritable(): void {}

  sendFailed(_socket: unknown, code: string): void {
    this.failures.push(code);
  }
}

/** A run of datagrams of `segmentSize` octets. */
export function run(text: string, segmentSize: number, remote: Address): Transmit {
  const transmit = createTransmit(text.length);
  transmit.buffer.set(Buffer.from(text, 'latin1'));
  transmit.length = text.length;
  transmit.segmentSize = segmentSize;
  transmit.datagrams = Math.ceil(text.length / segmentSize);
  transmit.remote = remote;
  return transmit;
}
