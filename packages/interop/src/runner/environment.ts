import { readFileSync } from 'node:fs';

/** What the QUIC interop runner tells an endpoint through its environment, and what our own cases add. */
export interface RunnerEnvironment {
  readonly role: 'client' | 'server';
  readonly testCase: string;
  /** URLs that a client downloads. */
  readonly requests: readonly URL[];
  readonly keyLogFile: string | undefined;
  readonly qlogFolder: string | undefined;
  /** What a server serves. */
  readonly wwwFolder: string;
  readonly downloadFolder: string;
  /** With cert.pem, priv.key and, for a client that verifies, ca.pem. */
  readonly certificateFolder: string;
  /** HOST:PORT that a server listens on; several for several paths. Ours: `LISTEN`. */
  readonly listen: readonly string[];
  /** HOST:PORT that a server asks its clients to move to. Ours: `PREFERRED`. */
  readonly preferred: string | undefined;
  /** Addresses of a client's paths. Ours: `LOCALS`. */
  readonly locals: readonly string[];
  /** Where a client's paths go, in the order of `locals`. Ours: `REMOTES`. */
  readonly remotes: readonly string[];
}

/** An environment that is not the runner's. */
export class RunnerUsage extends Error {
  override readonly name = 'RunnerUsage';
}

/** @throws {RunnerUsage} one line that names the variable */
export function readRunnerEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): RunnerEnvironment {
  const role = variables['ROLE'];
  if (role !== 'client' && role !== 'server') {
    throw new RunnerUsage('ROLE must be client or server');
  }
  const testCase = variables['TESTCASE'];
  if (testCase === undefined || testCase === '') throw new RunnerUsage('TESTCASE is not set');
  const requests = words(variables['REQUESTS']).map((text) => {
    if (!URL.canParse(text)) throw new RunnerUsage(`REQUESTS: ${text} is no URL`);
    return new URL(text);
  });
  if (role === 'client' && requests.length === 0) throw new RunnerUsage('REQUESTS names no URL');
  const listen = words(variables['LISTEN']);
  return {
    role,
    testCase,
    requests,
    keyLogFile: variables['SSLKEYLOGFILE'] || undefined,
    qlogFolder: variables['QLOGDIR'] || undefined,
    wwwFolder: variables['WWW'] ?? '/www',
    downloadFolder: variables['DOWNLOADS'] ?? '/downloads',
    certificateFolder: variables['CERTS'] ?? '/certs',
    listen: listen.length > 0 ? listen : everyAddress(),
    preferred: variables['PREFERRED'] || undefined,
    locals: words(variables['LOCALS']),
    remotes: words(variables['REMOTES']),
  };
}

const words = (text = ''): string[] => text.split(/\s+/).filter((word) => word !== '');

/** Port 443 of both families; of IPv4 alone where the machine has no IPv6. */
function everyAddress(): string[] {
  return hasIpv6() ? ['0.0.0.0:443', '[::]:443'] : ['0.0.0.0:443'];
}

function hasIpv6(): boolean {
  try {
    return readFileSync('/proc/net/if_inet6', 'utf8') !== '';
  } catch {
    return false;
  }
}
