import type { Address } from '@mpquic/wire';
import type { SessionRules, UserPlaneReport } from '../user-plane/session-user-plane.ts';

/** A session of the UPF, which a plane in other threads knows by its identifier. */
export interface KnownSession extends SessionRules {
  readonly seid: bigint;
}

/** What the connections of a UPF are doing. */
export interface PlaneReport {
  /** All that are open, with user traffic or without. */
  readonly connections: number;
  /** Those that carry user traffic, or may. */
  readonly userTraffic: readonly UserPlaneReport[];
}

/**
 * The side of the UPF that faces UEs: MPQUIC connections and their user traffic, in the main thread or in several. N4 and
 * PSKs are elsewhere, and tell it what happens to them.
 */
export interface ProxyPlane {
  /** Where it listens for each access. */
  readonly proxies: { readonly access3gpp: Address; readonly accessNon3gpp: Address };
  report(): Promise<PlaneReport>;
  /** Drops every connection that was made with this KID, at once or after so many seconds. */
  dropConnections(kid: Uint8Array, reason: string, afterSeconds?: number): void;
  /** The rules of a session changed: open flows go by the new ones. */
  rulesChanged(session: KnownSession): void;
  /** Tells every client that the UPF stops. */
  close(): Promise<void>;
}
