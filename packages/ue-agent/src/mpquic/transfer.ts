import { createHash } from 'node:crypto';
import type { QuicSession } from '@mpquic/endpoint';
import { download, octets } from '@mpquic/hq';
import { UeFailure } from '../failure.ts';

/** What a transfer measured. */
export interface TransferReport {
  readonly bytes: number;
  readonly ms: number;
  /** Of what arrived, hexadecimal; checked against what was asked for. */
  readonly sha256: string;
  readonly cut: CutReport | undefined;
}

/** What the loss of an access did to a transfer. Times in milliseconds. */
export interface CutReport {
  readonly afterBytes: number;
  /** The longest time without data after the cut. */
  readonly interruptionMs: number;
  /** From the cut until data flowed again after that. */
  readonly switchedAfterMs: number;
}

export interface TransferOptions {
  readonly bytes: number;
  /** Called once, in the middle of the transfer. */
  readonly cut?: (() => void) | undefined;
  /** After each batch. */
  readonly progress?: ((bytes: number) => void) | undefined;
}

/**
 * Downloads so many octets over a connection and checks every one of them.
 * @throws {UeFailure} `mpquic` where they do not arrive, or are not those that were sent
 */
export async function transfer(
  session: QuicSession,
  { bytes, cut, progress }: TransferOptions,
): Promise<TransferReport> {
  const watch = new Interruption();
  let received = 0;
  const result = await download(session, `/${bytes}`, {
    write(octets) {
      const now = performance.now();
      received += octets.length;
      watch.data(now);
      if (cut !== undefined && !watch.started && received >= bytes / 2) {
        cut();
        watch.start(now, received);
      }
      progress?.(received);
    },
  });
  if (result.status !== COMPLETE || result.bytes !== bytes) {
    const reason = session.destroyed ? await endOf(session) : 'the stream ended early';
    throw new UeFailure('mpquic', `${result.bytes} of ${bytes} octets arrived: ${reason}`);
  }
  if (result.sha256 !== expectedDigest(bytes)) {
    throw new UeFailure('mpquic', 'the octets that arrived are not those that were sent');
  }
  return { bytes, ms: result.ms, sha256: result.sha256, cut: watch.report() };
}

const COMPLETE = 200;

/** Finds the longest gap between deliveries after a moment. */
class Interruption {
  #startedAt: number | undefined;
  #afterBytes = 0;
  #last = 0;
  #longest = 0;
  #endOfLongest = 0;

  get started(): boolean {
    return this.#startedAt !== undefined;
  }

  start(now: number, bytes: number): void {
    this.#startedAt = now;
    this.#last = now;
    this.#afterBytes = bytes;
    this.#endOfLongest = now;
  }

  data(now: number): void {
    if (this.#startedAt === undefined) return;
    const gap = now - this.#last;
    this.#last = now;
    if (gap <= this.#longest) return;
    this.#longest = gap;
    this.#endOfLongest = now;
  }

  report(): CutReport | undefined {
    if (this.#startedAt === undefined) return undefined;
    return {
      afterBytes: this.#afterBytes,
      interruptionMs: this.#longest,
      switchedAfterMs: this.#endOfLongest - this.#startedAt,
    };
  }
}

/** How a connection ended that should have gone on. */
async function endOf(session: QuicSession): Promise<string> {
  try {
    await session.closed;
    return 'the UPF ended the connection';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function expectedDigest(bytes: number): string {
  const digest = createHash('sha256');
  for (const chunk of octets(bytes)) digest.update(chunk);
  return digest.digest('hex');
}
