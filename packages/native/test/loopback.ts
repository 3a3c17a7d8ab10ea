import { test } from 'node:test';
import { type Address, createTransmit, type Datagram, type Ecn, type Transmit } from '@mpquic/wire';
import { addon, type NativeAddon, nativeStatus } from '../src/addon.ts';
import { NativeDatagramSocket, type NativeSocketOptions } from '../src/datagram-socket.ts';
import type { DatagramSocketHandler } from '../src/datagram-socket-types.ts';

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
  readonly locals: Address[] = [];
  readonly ecn: (Ecn | undefined)[] = [];
  readonly failures: string[] = [];
  batches = 0;
  /** Batches over and done with. */
  settled = 0;
  onbatch: () => void = () => undefined;
  writable = 0;

  datagramReceived({ payload, remote, local, ecn }: Datagram): void {
    this.payloads.push(Buffer.from(payload).toString('latin1'));
    this.remotes.push(remote);
    this.locals.push(local);
    this.ecn.push(ecn);
  }

  batchReceived(): void {
    this.batches += 1;
    this.onbatch();
  }

  batchSettled(): void {
    this.settled += 1;
  }

  socketWritable(): void {
    this.writable += 1;
  }

  sendFailed(_socket: unknown, code: string): void {
    this.failures.push(code);
  }
}

/** A run of datagrams of `segmentSize` octets. */
export function run(text: string, segmentSize: number, remote: Address, ecn: Ecn = 0): Transmit {
  const transmit = createTransmit(text.length);
  transmit.buffer.set(Buffer.from(text, 'latin1'));
  transmit.length = text.length;
  transmit.segmentSize = segmentSize;
  transmit.datagrams = Math.ceil(text.length / segmentSize);
  transmit.remote = remote;
  transmit.ecn = ecn;
  return transmit;
}

/** The addon, for tests by {@link nativeTest}. */
export const native: NativeAddon = addon as NativeAddon;

/** A test that needs the addon; where there is none, it is reported as skipped. */
export function nativeTest(name: string, body: () => void | Promise<void>): void {
  void test(name, { skip: nativeStatus.available ? false : nativeStatus.reason }, body);
}

/** A socket on `host`, and what it reports. */
export function openOn(
  host: string,
  options: Partial<NativeSocketOptions> = {},
): { socket: NativeDatagramSocket; recorder: Recorder } {
  const recorder = new Recorder();
  const local = { host, port: 0 };
  return { socket: new NativeDatagramSocket(native, { local, ...options }, recorder), recorder };
}
