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
  #resolve: ((value: T) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  get promise(): Promise<T> {
    if (this.#promise !== undefined) return this.#promise;
    this.#promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#settle();
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
    this.#settle();
  }

  #settle(): void {
    const outcome = this.#outcome;
    if (outcome === undefined || this.#promise === undefined) return;
    if (outcome.type === 'resolved') this.#resolve?.(outcome.value);
    else {
      this.#promise.catch(ignore);
      this.#reject?.(outcome.error());
    }
    this.#resolve = undefined;
    this.#reject = undefined;
  }
}

function ignore(): void {}
