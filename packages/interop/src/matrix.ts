import type { CaseRecording } from './recording.ts';

/** Which part our stack plays in a case. */
export type OurRole = 'client' | 'server' | 'both';

export type Outcome =
  | { readonly status: 'pass'; readonly detail?: string }
  | { readonly status: 'fail'; readonly reason: string; readonly log: readonly string[] }
  /** The peer cannot do this at all; says what it lacks. */
  | { readonly status: 'unsupported'; readonly reason: string }
  | { readonly status: 'not installed'; readonly reason: string };

/** What a case may use. */
export interface CaseContext {
  /** A folder of its own for key logs, qlog and downloads; kept when the case fails. */
  readonly folder: string;
  /** Our side's capture, key log and qlog; kept with the folder. */
  readonly recording: CaseRecording;
  /** A UDP port on 127.0.0.1 that nothing else of this run uses. */
  nextPort(): number;
  /** Aborted when the case takes too long. */
  readonly signal: AbortSignal;
}

export interface InteropCase {
  readonly name: string;
  readonly role: OurRole;
  /** Milliseconds before the case counts as failed. Default 20,000. */
  readonly timeout?: number;
  /** Takes more than half a minute, or measures a rate: left out of a quick run. */
  readonly slow?: boolean;
  /**
   * Resolves with a remark where the case holds; throws {@link CaseFailure} or any error where not.
   */
  run(context: CaseContext): Promise<string | undefined>;
}

export type Availability =
  | { readonly installed: true; readonly version: string }
  | { readonly installed: false; readonly reason: string };

/** A QUIC or TLS stack that we did not write. */
export interface Peer {
  readonly name: string;
  readonly description: string;
  /** Whether it can run here, and otherwise how to get it. */
  detect(): Promise<Availability>;
  readonly cases: readonly InteropCase[];
}

export interface CaseResult {
  readonly peer: string;
  /** Of the peer, where it is installed. */
  readonly version?: string;
  readonly case: string;
  readonly role: OurRole;
  readonly outcome: Outcome;
  readonly milliseconds: number;
}

/** How the remark on a case begins that did not pass at first. */
export const FURTHER_TRY = 'at a further try';

/** A case does not hold; `log` is what the peer said. */
export class CaseFailure extends Error {
  override readonly name = 'CaseFailure';
  readonly log: readonly string[];

  constructor(reason: string, log: readonly string[] = []) {
    super(reason);
    this.log = log;
  }
}

/** The peer lacks what the case asks for. */
export class CaseUnsupported extends Error {
  override readonly name = 'CaseUnsupported';
}

/** Throws {@link CaseFailure} unless `condition` holds. */
export function expect(
  condition: boolean,
  reason: string,
  log: readonly string[] = [],
): asserts condition {
  if (!condition) throw new CaseFailure(reason, log);
}
