import type { SbiResponse } from './message.ts';

/** Application errors of the 5GC used here. TS 29.500 §5.2.7.2, TS 29.502, TS 29.503, TS 29.509, TS 29.518 */
export type ProblemCause =
  | 'MANDATORY_IE_INCORRECT'
  | 'MANDATORY_IE_MISSING'
  | 'INVALID_MSG_FORMAT'
  | 'RESOURCE_URI_STRUCTURE_NOT_FOUND'
  | 'SYSTEM_FAILURE'
  | 'NF_CONGESTION'
  | 'TARGET_NF_NOT_REACHABLE'
  | 'TIMED_OUT_REQUEST'
  | 'USER_NOT_FOUND'
  | 'CONTEXT_NOT_FOUND'
  | 'AUTHENTICATION_REJECTED'
  | 'SERVING_NETWORK_NOT_AUTHORIZED'
  | 'UNSUPPORTED_PROTECTION_SCHEME'
  | 'N1_SM_ERROR'
  | 'UE_NOT_REACHABLE'
  | 'INSUFFICIENT_RESOURCES'
  | 'SOLUTION_NOT_APPLICABLE';

/**
 * A request cannot be served, here or at the peer: carried as ProblemDetails. TS 29.571 §5.2.4.1
 * The detail is for a person and never holds a key.
 */
export class SbiProblem extends Error {
  readonly code = 'SBI_PROBLEM';
  override readonly name = 'SbiProblem';
  readonly status: number;
  readonly problem: ProblemCause | string;
  /** The whole answer of the peer, where it has more to say, for example an N1 reject. */
  readonly response: SbiResponse | undefined;

  constructor(status: number, problem: ProblemCause | string, detail: string, response?: SbiResponse) {
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
