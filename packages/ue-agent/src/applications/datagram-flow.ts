import { createSocket, type Socket } from 'node:dgram';
import { plainOctets } from '@mpquic/wire';
import type { Application } from './application.ts';
import { contentOf, type DatagramContent, SEQUENCE_LIMIT } from './datagram-content.ts';

/** What an application saw of the datagrams that it sent while one stage lasted. Times in milliseconds. */
export interface DatagramTally {
  sent: number;
  answered: number;
  /** Answers that had come already. */
  duplicates: number;
  /** Round trips of what was answered. */
  readonly times: number[];
}

const TICK_MS = 5;
/** After a time in which this process did not run: what an application would not send at once either. */
const BURST_LIMIT = 64;
const FIRST_TRY_MS = 200;
const BUFFER_SIZE = 4 << 20;

/**
 * An application that sends numbered datagrams at a steady rate to a local port and expects an answer to each. It
 * repeats nothing, so that what the network loses is seen.
 */
export class DatagramFlow {
  readonly application: Application;
  readonly #socket: Socket;
  readonly #content: DatagramContent;
  readonly #sentAt = new Float64Array(SEQUENCE_LIMIT);
  /** The tally that each number belongs to, until its answer is there. */
  readonly #waiting = new Map<number, DatagramTally>();
  readonly #answered = new Map<number, DatagramTally>();
  #tally: DatagramTally | undefined;
  #sequence = 0;
  #timer: NodeJS.Timeout | undefined;
  #heard: (() => void) | undefined;

  private constructor(application: Application, socket: Socket) {
    this.application = application;
    this.#socket = socket;
    this.#content = contentOf(application);
    socket.on('message', (answer) => this.#receive(plainOctets(answer)));
    socket.on('error', () => undefined);
  }

  /** @param port local, on loopback */
  static async open(application: Application, port: number): Promise<DatagramFlow> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER_SIZE });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(port, '127.0.0.1', () => {
        socket.off('error', reject);
        resolve();
      });
    });
    return new DatagramFlow(application, socket);
  }

  /** Datagrams whose answers are missing. */
  get missing(): number {
    return this.#waiting.size;
  }

  /** Sends until the first answer, so that the way is open; false where none comes in time. */
  async greet(limitMs: number): Promise<boolean> {
    const heard = new Promise<true>((resolve) => {
      this.#heard = () => resolve(true);
    });
    const first = this.#content.write(0).slice();
    const timer = setInterval(() => this.#socket.send(first), FIRST_TRY_MS);
    this.#socket.send(first);
    const silence = new Promise<false>((resolve) => {
      setTimeout(resolve, limitMs, false).unref();
    });
    const answered = await Promise.race([heard, silence]);
    clearInterval(timer);
    return answered;
  }

  /** Sends on from now on, and counts under a new tally. */
  enter(): DatagramTally {
    const tally: DatagramTally = { sent: 0, answered: 0, duplicates: 0, times: [] };
    this.#tally = tally;
    if (this.#timer === undefined) this.#start();
    return tally;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  close(): void {
    this.stop();
    this.#socket.close();
  }

  #start(): void {
    const { rate } = this.application;
    let due = 0;
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      due = Math.min(BURST_LIMIT, due + ((now - last) * rate) / 1000);
      last = now;
      for (; due >= 1; due--) this.#send(now);
    }, TICK_MS);
  }

  #send(now: number): void {
    const tally = this.#tally;
    if (tally === undefined || this.#sequence + 1 >= SEQUENCE_LIMIT) return;
    this.#sequence += 1;
    tally.sent += 1;
    this.#sentAt[this.#sequence] = now;
    this.#waiting.set(this.#sequence, tally);
    this.#socket.send(this.#content.write(this.#sequence).slice());
  }

  #receive(answer: Uint8Array): void {
    const sequence = this.#content.read(answer);
    if (sequence === undefined) return;
    this.#heard?.();
    const tally = this.#waiting.get(sequence);
    if (tally === undefined) {
      const before = this.#answered.get(sequence);
      if (before !== undefined) before.duplicates += 1;
      return;
    }
    this.#waiting.delete(sequence);
    this.#answered.set(sequence, tally);
    tally.answered += 1;
    tally.times.push(performance.now() - (this.#sentAt[sequence] as number));
  }
}
