import type { SmMessage } from '@mpquic/nas';
import { UeFailure } from '../failure.ts';

type MessageOf<T extends SmMessage['type']> = Extract<SmMessage, { readonly type: T }>;

interface Waiter {
  readonly pduSessionId: number;
  readonly types: readonly SmMessage['type'][];
  readonly timer: NodeJS.Timeout;
  resolve(message: SmMessage): void;
  reject(reason: UeFailure): void;
}

/** The session management procedures of a UE that wait for the network's answer. TS 24.501 §6.1.2 */
export class SessionTransactions {
  readonly #guardMs: number;
  /** By procedure transaction identity. */
  readonly #waiters = new Map<number, Waiter>();
  #last = 0;

  /** @param guardMs how long the network may take, in milliseconds */
  constructor(guardMs: number) {
    this.#guardMs = guardMs;
  }

  /** A procedure transaction identity: 1 to 254, none twice at a time. TS 24.007 §11.2.3.1a */
  next(): number {
    do {
      this.#last = (this.#last % 254) + 1;
    } while (this.#waiters.has(this.#last));
    return this.#last;
  }

  /**
   * What `take` makes of the answer to a transaction that is one of these messages: at once, before the message behind
   * it is looked at.
   * @throws {UeFailure} `no_answer`, or what the transaction failed with; what `take` throws
   */
  expect<const T extends SmMessage['type'], R>(
    transaction: number,
    pduSessionId: number,
    types: readonly T[],
    take: (answer: MessageOf<T>) => R,
  ): Promise<R> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const reason = `the SMF does not answer with ${types[0]}`;
        this.fail(transaction, new UeFailure('no_answer', reason));
      }, this.#guardMs);
      this.#waiters.set(transaction, {
        pduSessionId,
        types,
        timer,
        resolve: (message) => {
          try {
            resolve(take(message as MessageOf<T>));
          } catch (error) {
            reject(error as Error);
          }
        },
        reject,
      });
    });
  }

  /** Ends the transaction that this message answers; any other message ends none. */
  deliver(message: SmMessage): void {
    const { procedureTransactionId: transaction, pduSessionId, type } = message;
    const waiter = this.#waiters.get(transaction);
    if (waiter?.pduSessionId !== pduSessionId || !waiter.types.includes(type)) return;
    this.#end(transaction)?.resolve(message);
  }

  fail(transaction: number, reason: UeFailure): void {
    this.#end(transaction)?.reject(reason);
  }

  failAll(reason: UeFailure): void {
    for (const transaction of [...this.#waiters.keys()]) this.fail(transaction, reason);
  }

  #end(transaction: number): Waiter | undefined {
    const waiter = this.#waiters.get(transaction);
    this.#waiters.delete(transaction);
    clearTimeout(waiter?.timer);
    return waiter;
  }
}
