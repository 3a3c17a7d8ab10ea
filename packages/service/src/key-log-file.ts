import { closeSync, openSync, writeSync } from 'node:fs';

/** An NSS key log file: TLS secrets, one line each, readable by its owner only. */
export class KeyLogFile {
  readonly #descriptor: number;
  #open = true;

  /** @throws {Error} of node:fs where the file cannot be written */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'a', 0o600);
  }

  /** Bound, so that it can be handed on. */
  readonly write = (line: string): void => {
    if (this.#open) writeSync(this.#descriptor, `${line}\n`);
  };

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#descriptor);
  }
}
