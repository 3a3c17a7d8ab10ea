import type { GroupName } from '@mpquic/crypto';
import type { CipherSuite } from '../cipher-suites.ts';
import type { HandshakeKeySchedule } from '../key-schedule.ts';
import type { Transcript } from '../transcript.ts';
import type { PskOrigin } from './offered-psk.ts';

/** What ServerHello settled. */
export interface ClientNegotiation {
  readonly suite: CipherSuite;
  readonly group: GroupName;
  readonly psk: PskOrigin | undefined;
  readonly transcript: Transcript;
  readonly schedule: HandshakeKeySchedule;
  readonly offeredTypes: readonly number[];
  readonly earlyData: EarlyDataOutlook | undefined;
}

/** 0-RTT that was offered. */
export interface EarlyDataOutlook {
  readonly suite: CipherSuite;
  readonly alpn: string;
  /** Whether ServerHello leaves room for its acceptance. */
  readonly possible: boolean;
}

/** What EncryptedExtensions and what follows it add. */
export interface ClientProgress {
  readonly negotiation: ClientNegotiation;
  readonly alpn: string;
  /** The server asked for a certificate, which we do not have. */
  readonly certificateRequested: boolean;
  /** The server's own certificate in DER. */
  readonly certificate: Uint8Array | undefined;
}
