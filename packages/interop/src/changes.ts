/** Lets any number of waiters look again whenever something changed. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  announce(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.next();
  }
}
