/** The bytes end before the value does. Caught at one place per protocol and turned into its decode error. */
export class UnexpectedEnd extends Error {
  readonly code = 'UNEXPECTED_END';
  override readonly name = 'UnexpectedEnd';
}

/** A variable-length integer above 2^53-1 where a `number` was to be read. */
export class VarintTooLarge extends Error {
  readonly code = 'VARINT_TOO_LARGE';
  override readonly name = 'VarintTooLarge';
}

/** The caller broke the contract of an interface; never caused by a peer. */
export class UsageError extends Error {
  readonly code = 'USAGE';
  override readonly name = 'UsageError';
}

/** A defect of this program. */
export class InternalError extends Error {
  readonly code = 'INTERNAL';
  override readonly name = 'InternalError';
}

/** Marks a branch that the types exclude. */
export function assertNever(value: never): never {
  throw new InternalError(`unexpected value ${JSON.stringify(value)}`);
}
