import { networkInterfaces } from 'node:os';

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Failures of a send or receive after which the local address may be gone. */
const SUSPICIOUS: ReadonlySet<string> = new Set([
  'EADDRNOTAVAIL',
  'EINVAL',
  'ENETDOWN',
  'ENETUNREACH',
  'ENODEV',
]);

/** Whether a failure means that the host's address `host` has been taken away, as Linux reports it. */
export function localAddressIsGone(code: string, host: string): boolean {
  return SUSPICIOUS.has(code) && !isLocalAddress(host);
}

/** Whether `host` stands for all addresses of the family of `other`; `::` also for those of IPv4. */
export function isWildcard(host: string, other: string): boolean {
  return host === '::' || (host === '0.0.0.0' && !other.includes(':'));
}

/** Whether one of this machine's interfaces has the address; wildcards always count. */
function isLocalAddress(host: string): boolean {
  if (WILDCARDS.has(host)) return true;
  const loopback = host.startsWith('127.');
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address, internal } of addresses ?? []) {
      if (address === host.split('%')[0] || (loopback && internal)) return true;
    }
  }
  return false;
}
