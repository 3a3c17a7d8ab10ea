import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { ServiceFailure } from '@mpquic/service';

/** How long after a change the file is written, so that many changes are written at once. */
const DELAY_MS = 200;
const IMSI = /^\d{5,15}$/;
/** 48 bits. */
const SQN_LIMIT = 2 ** 48;

/**
 * The last sequence number used with each subscriber, in a file of JSON: IMSI to number. A UDM that dies before the
 * file is written takes numbers twice; USIMs refuse those, and resynchronise it (TS 33.102 §6.3.5).
 */
export class SequenceNumberFile {
  readonly #path: string;
  readonly #numbers: Map<string, number>;
  #timer: NodeJS.Timeout | undefined;

  private constructor(path: string, numbers: Map<string, number>) {
    this.#path = path;
    this.#numbers = numbers;
  }

  /** A file that is not there yet holds nothing. @throws {ServiceFailure} status 2 where it is not such a file */
  static open(path: string): SequenceNumberFile {
    if (!existsSync(path)) return new SequenceNumberFile(path, new Map());
    return new SequenceNumberFile(path, new Map(Object.entries(readNumbers(path))));
  }

  /** @param imsi digits */
  find(imsi: string): number | undefined {
    return this.#numbers.get(imsi);
  }

  /** Keeps a number; the file follows. */
  keep(imsi: string, sqn: number): void {
    this.#numbers.set(imsi, sqn);
    this.#timer ??= setTimeout(() => this.#write(), DELAY_MS).unref();
  }

  /** Writes what is not yet written. */
  close(): void {
    if (this.#timer !== undefined) this.#write();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = JSON.stringify(Object.fromEntries(this.#numbers), null, 2);
    // In one step, so that no crash leaves half a file.
    const draft = `${this.#path}.new`;
    writeFileSync(draft, `${text}\n`, { mode: 0o600 });
    renameSync(draft, this.#path);
  }
}

function readNumbers(path: string): Record<string, number> {
  const wrong = (): ServiceFailure =>
    new ServiceFailure(2, `sqnFile: ${path} holds no sequence numbers; remove it to begin anew`);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw wrong();
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw wrong();
  for (const [imsi, sqn] of Object.entries(content)) {
    const valid = IMSI.test(imsi) && Number.isInteger(sqn) && sqn >= 0 && sqn < SQN_LIMIT;
    if (!valid) throw wrong();
  }
  return content as Record<string, number>;
}
