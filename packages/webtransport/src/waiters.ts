/** What waits for a change of a connection, as long as there is one. */
export class Waiters {
  readonly #waiting = new Set<() => void>();
  #ended: Error | undefined;

  /** What `look` finds, now or behind a change that is announced. @throws where it throws, or the end comes first */
  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      if (this.#ended !== undefined) throw this.#ended;
      const found = look();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  announce(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  /** Nothing changes any more. */
  end(error: Error): void {
    this.#ended ??= error;
    this.announce();
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }
}
