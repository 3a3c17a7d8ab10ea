import { appendFileSync } from 'node:fs';
import { QlogFolder } from '@mpquic/endpoint';
import type { RunnerEnvironment } from './environment.ts';

/** Key log and qlog, where the runner asks for them. */
export class RunnerLogs {
  readonly keyLog: ((line: string) => void) | undefined;
  readonly #qlog: QlogFolder | undefined;

  constructor({ keyLogFile, qlogFolder }: RunnerEnvironment) {
    this.keyLog =
      keyLogFile === undefined
        ? undefined
        : (line) => appendFileSync(keyLogFile, `${line}\n`, { mode: 0o600 });
    this.#qlog = qlogFolder === undefined ? undefined : new QlogFolder(qlogFolder);
  }

  get observer(): QlogFolder['observer'] | undefined {
    return this.#qlog?.observer;
  }

  close(): void {
    this.#qlog?.close();
  }
}
