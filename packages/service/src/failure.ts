/** Exit statuses of a process: 1 the run failed, 2 wrong usage or configuration. */
export type FailureStatus = 1 | 2;

/** Ends a process with one clear line that says what to do. The message is that line. */
export class ServiceFailure extends Error {
  readonly code = 'SERVICE_FAILURE';
  override readonly name = 'ServiceFailure';
  readonly status: FailureStatus;

  constructor(status: FailureStatus, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** Any thrown value as one line for a person: known causes say what to do about them. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return firstLine(String(error));
  const { code, address, port, path } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  const place = address === undefined ? path : `${address}${port === undefined ? '' : `:${port}`}`;
  const advice = code === undefined ? undefined : ADVICE[code];
  return advice === undefined ? firstLine(error.message) : advice(place ?? 'the address');
}

const ADVICE: { readonly [code: string]: (place: string) => string } = {
  EADDRINUSE: (place) =>
    `${place} is in use: stop what listens there, or configure another address`,
  EADDRNOTAVAIL: (place) => `${place} is no address of this machine: configure one that is`,
  EACCES: (place) => `no permission for ${place}: choose another port or path, or grant it`,
  ENOENT: (place) => `${place} does not exist: check the path`,
  ECONNREFUSED: (place) => `nothing listens on ${place}: start it first, or check the address`,
  ECONNRESET: (place) => `the peer at ${place} closed the connection`,
  EHOSTUNREACH: (place) => `${place} cannot be reached: check address and network`,
  ENETUNREACH: (place) => `${place} cannot be reached: check address and network`,
  ETIMEDOUT: (place) => `${place} does not answer: check that it runs and can be reached`,
};

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
