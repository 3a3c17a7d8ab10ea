import type { GroupName } from '@mpquic/crypto';
import type { CipherSuiteName, ExternalPsk } from '@mpquic/tls';

/** What one side is given where both are not given the same. */
export interface TlsCase {
  readonly name: string;
  readonly suite?: CipherSuiteName;
  readonly ourGroups?: readonly GroupName[];
  readonly peerGroups?: readonly GroupName[];
  /** Undefined for a certificate. */
  readonly psk?: ExternalPsk;
  /** What the peer has instead. */
  readonly peerPsk?: ExternalPsk;
  /** How many messages we send in the clear. */
  readonly hellos?: number;
  readonly refused?: boolean;
}
