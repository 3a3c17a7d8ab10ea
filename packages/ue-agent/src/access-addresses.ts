import { QuicError } from '@mpquic/endpoint';
import type { Access } from '@mpquic/nas';
import type { Logger } from '@mpquic/service';
import { type Address, isIpv6 } from '@mpquic/wire';
import { type MaPduSession, proxyFor } from './session/ma-pdu-session.ts';

export interface AccessAddresses {
  /** Local hosts that go before the link-specific addresses. */
  readonly locals: { readonly [A in Access]?: string | undefined };
  /** Stand-ins of the accesses, in place of the UPF's own addresses. */
  readonly vias: { readonly [A in Access]?: Address | undefined };
  readonly logger: Logger;
}

/**
 * Does something from the UE's address on an access to that of the UPF. A link-specific address is one of the
 * network's: where this machine does not have it, any address does.
 */
export async function overAccess<T>(
  { locals, vias, logger }: AccessAddresses,
  session: MaPduSession,
  access: Access,
  use: (local: string, remote: Address) => Promise<T>,
): Promise<T> {
  const remote = vias[access] ?? proxyFor(session, access);
  const configured = locals[access];
  if (configured !== undefined) return use(configured, remote);
  const any = isIpv6(remote.host) ? '::' : '0.0.0.0';
  const host = session.linkAddresses[access];
  if (host === undefined || isIpv6(host) !== isIpv6(remote.host)) return use(any, remote);
  try {
    return await use(host, remote);
  } catch (error) {
    const unusable = error instanceof QuicError && error.code === 'ERR_QUIC_ENDPOINT_FAILED';
    if (!unusable) throw error;
    logger.info({ host }, 'the link-specific address is not on this machine: any address is used');
    return use(any, remote);
  }
}
