import type { LentOctets } from '@mpquic/quic';
import type { Octets, StreamReceiver } from './stream-receiver.ts';

/**
 * Takes what arrives on a stream: octets `start` up to `end` (excluded) of `source`, in order. They are lent until it returns
 * or, where it returns a promise, until that settles; then their memory serves what arrives next, and the peer may send as
 * many. Nothing more comes until then.
 */
export type StreamConsumer = (source: Octets, start: number, end: number) => unknown;

/** Hands what arrives on a stream to a function, with no object for any of it: at gigabits a second that is what counts. */
export class StreamConsumption {
  readonly #receiver: StreamReceiver;
  readonly #consumer: StreamConsumer;
  readonly #lent: LentOctets = { source: NOTHING, start: 0, end: 0 };
  /** The consumer has octets at the moment. */
  #isBusy = false;

  constructor(receiver: StreamReceiver, consumer: StreamConsumer) {
    this.#receiver = receiver;
    this.#consumer = consumer;
  }

  /** Hands on what is there. */
  run(): void {
    const receiver = this.#receiver;
    const lent = this.#lent;
    while (!this.#isBusy && receiver.peek(lent)) {
      if (lent.end > lent.start) this.#hand(lent);
      if (!this.#isBusy) receiver.consume(lent.end - lent.start);
    }
  }

  #hand({ source, start, end }: LentOctets): void {
    this.#isBusy = true;
    try {
      const result = this.#consumer(source as Octets, start, end);
      if (result instanceof Promise) result.then(this.#resume, this.#fail);
      else this.#isBusy = false;
    } catch (error) {
      this.#fail(error);
    }
  }

  readonly #resume = (): void => {
    this.#isBusy = false;
    this.#receiver.consume(this.#lent.end - this.#lent.start);
    this.run();
  };

  /** As one who leaves a loop early. */
  readonly #fail = (error: unknown): void => {
    this.#receiver.stop(0, error as Error);
  };
}

const NOTHING = new Uint8Array(0);
