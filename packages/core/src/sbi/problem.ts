import type { SbiResponse } from './message.ts';

/**
 * A request cannot be served, here or at the peer: carried as ProblemDetails. TS 29.571 §5.2.4.1
 * The detail is for a person and never holds a key.
 */
export class SbiProblem extends Error {
  readonly code = 'SBI_PROBLEM';
  override readonly name = 'SbiProblem';
  readonly status: number;
  /** Application error, for example `CONTEXT_NOT_FOUND`. TS 29.500 §5.2.7.2, and the service's own */
  readonly problem: string;
  /** The whole answer of the peer, where it has more to say, for example an N1 reject. */
  readonly response: SbiResponse | undefined;

  constructor(status: number, problem: string, detail: string, response?: SbiResponse) {
    super(detail);
    this.status = status;
    this.problem = problem;
    this.response = response;
  }

  /** The answer that says so. */
  toResponse(): SbiResponse {
    if (this.response !== undefined) return this.response;
    const { status, problem: cause, message: detail } = this;
    return { status, body: { status, cause, detail } };
  }
}
