import { promises as dns } from 'node:dns';
import type { Refusal } from '@mpquic/http3';
import { parseIp, UsageError } from '@mpquic/wire';

/** All addresses of a name, best first. Rejects with an error whose `code` is the resolver's. */
export type ResolveHost = (name: string) => Promise<readonly string[]>;

/** The system's resolver. */
export const systemResolver: ResolveHost = async (name) => {
  const found = await dns.lookup(name, { all: true, verbatim: true });
  return found.map(({ address }) => address);
};

export type Resolved =
  | { readonly addresses: readonly Uint8Array[] }
  | { readonly refusal: Refusal };

/** The addresses of a host, which may be one already. RFC 9298 §3.1: before the request is answered. */
export async function resolveHost(host: string, resolve: ResolveHost): Promise<Resolved> {
  const literal = literalAddress(host);
  if (literal !== undefined) return { addresses: [literal] };
  try {
    const addresses = (await resolve(host)).flatMap((text) => literalAddress(text) ?? []);
    if (addresses.length > 0) return { addresses };
    return { refusal: { error: 'dns_error', rcode: 'NOERROR', details: 'no address' } };
  } catch (error) {
    return { refusal: refusalOf((error as NodeJS.ErrnoException).code ?? 'unknown') };
  }
}

function literalAddress(host: string): Uint8Array | undefined {
  try {
    return parseIp(host);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/** RFC 9209 §2.3.1, §2.3.2 */
function refusalOf(code: string): Refusal {
  if (code === 'ENOTFOUND') return { error: 'dns_error', rcode: 'NXDOMAIN' };
  if (code === 'ETIMEOUT' || code === 'EAI_AGAIN') return { error: 'dns_timeout' };
  return { error: 'dns_error', rcode: 'SERVFAIL', details: code };
}
