import type { Octets, StreamReceiver } from './stream-receiver.ts';

type Batch = IteratorResult<Octets[], undefined>;

/**
 * What arrives on a stream, batch by batch, for `for await`. As an asynchronous generator would give it, but with no more
 * than a promise for each batch that is there and three for one that is waited for: at gigabits a second they are what is
 * left of garbage.
 */
export class StreamBatches implements AsyncGenerator<Octets[], undefined, void> {
  readonly #open: () => StreamReceiver | undefined;
  readonly #leave: () => void;
  #receiver: StreamReceiver | undefined;
  #state: 'new' | 'reading' | 'over' = 'new';

  /**
   * @param open called when the first batch is asked for; undefined where nothing ever arrives
   * @param leave called where the reader stops before the end
   */
  constructor(open: () => StreamReceiver | undefined, leave: () => void) {
    this.#open = open;
    this.#leave = leave;
  }

  next(): Promise<Batch> {
    try {
      const batch = this.#take();
      if (batch !== undefined) return Promise.resolve(batch);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    return this.#arrival();
  }

  return(): Promise<Batch> {
    this.#end();
    return Promise.resolve(END);
  }

  throw(error: Error): Promise<Batch> {
    this.#end();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** What is there, or the end; undefined where something may still arrive. Throws where nothing will. */
  #take(): Batch | undefined {
    if (this.#state === 'over') return END;
    if (this.#state === 'new') this.#begin();
    const receiver = this.#receiver;
    const value = receiver?.readNow() ?? [];
    if (value.length > 0) return { value, done: false };
    if (receiver?.ended === false) return undefined;
    this.#state = 'over';
    if (receiver?.error !== undefined) throw receiver.error;
    return END;
  }

  #begin(): void {
    this.#state = 'over';
    this.#receiver = this.#open();
    this.#state = 'reading';
  }

  #arrival(): Promise<Batch> {
    return (this.#receiver as StreamReceiver).arrival.then(this.#arrived);
  }

  readonly #arrived = (): Batch | Promise<Batch> => this.#take() ?? this.#arrival();

  #end(): void {
    const left = this.#state === 'reading' && this.#receiver?.ended === false;
    this.#state = 'over';
    if (left) this.#leave();
  }
}

const END: Batch = { value: undefined, done: true };
