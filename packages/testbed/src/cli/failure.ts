/** Exit statuses of `mpq`. */
export const ExitStatus = { success: 0, failed: 1, usage: 2, unsupported: 127 } as const;
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

/**
 * Ends the command with one clear line on standard error, which says what to do, and an exit status.
 * Every other error that reaches the top is a defect of ours or a failed run and ends with status 1.
 */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly status: ExitStatus;

  constructor(status: ExitStatus, message: string) {
    super(message);
    this.status = status;
  }

  /** Wrong usage: status 2. */
  static usage(message: string): CommandFailure {
    return new CommandFailure(ExitStatus.usage, message);
  }

  /** The run failed: status 1. */
  static failed(message: string): CommandFailure {
    return new CommandFailure(ExitStatus.failed, message);
  }

  /** Not supported here: status 127. */
  static unsupported(message: string): CommandFailure {
    return new CommandFailure(ExitStatus.unsupported, message);
  }
}
