type Outcome<T> =
  | { readonly type: 'resolved'; readonly value: T }
  | { readonly type: 'rejected'; readonly error: () => unknown };

/**
 * A promise settled from outside, made only when somebody asks for it. Its rejection is never
 * unhandled: whoever awaits it sees it.
 */
export class Deferred<T> {
  #outcome: Outcome<T> | undefined;
  #promise: Promise<T> | undefined;
  #settle: ((outcome: Outcome<T>) => void) | undefined;

  get promise(): Promise<T> {
    this.#promise ??= this.#create();
    return this.#promise;
  }

  /** Of several calls of this or {@link reject}, the first counts. */
  resolve(value: T): void {
    this.#end({ type: 'resolved', value });
  }

  reject(error: unknown): void {
    this.rejectWith(() => error);
  }

  /** Rejects with an error that is made when somebody sees it. */
  rejectWith(error: () => unknown): void {
    this.#end({ type: 'rejected', error });
  }

  #end(outcome: Outcome<T>): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#settle?.(outcome);
    this.#settle = undefined;
  }

  #create(): Promise<T> {
    const promise = new Promise<T>((resolve, reject) => {
      this.#settle = (outcome) => {
        if (outcome.type === 'resolved') resolve(outcome.value);
        else reject(outcome.error());
      };
      if (this.#outcome !== undefined) this.#settle(this.#outcome);
    });
    promise.catch(() => undefined);
    return promise;
  }
}
