import type { CryptoProvider } from '@mpquic/crypto';
import type { Plmn, Snssai } from '@mpquic/nas';
import type { EventSink, Logger } from '@mpquic/service';
import type { CoreMetrics } from '../core-metrics.ts';
import type { SbiConsumer } from '../sbi/network.ts';
import type { SelectedSolution } from '../selected-solution.ts';
import type { SteeringModeName } from './atsss.ts';
import type { SmfSessions } from './smf-sessions.ts';
import type { TrafficRule } from './traffic-rule.ts';
import type { UpfSet } from './upf-set.ts';

export interface SmfSettings {
  readonly plmn: Plmn;
  readonly snssai: Snssai;
  /** UUID of this NF instance; enters K_SMF of solutions #2 and #3. */
  readonly smfInstanceId: string;
  readonly selected: SelectedSolution;
  /** Whether UEs are told to use a PSK; otherwise the UPF shows a certificate. */
  readonly indicatesPsk: boolean;
  /** When this life of the SMF began. */
  readonly recoveryTime: string;
  readonly pskMode: 'raw' | 'imported';
  /** 0 for no end. */
  readonly pskLifetimeSeconds: number;
  readonly rekey: 'make-before-break' | 'graceful-gap';
  /** How long the UPF that a session moved away from keeps its part of it. */
  readonly relocationOverlapMs: number;
  readonly steeringMode: SteeringModeName;
  readonly trafficRules: readonly TrafficRule[];
  /** How long a UE may take to complete a command: T3591, T3592. */
  readonly guardMs: number;
}

/** What every procedure of the SMF works with. */
export interface SmfEnvironment {
  readonly crypto: CryptoProvider;
  readonly events: EventSink;
  readonly logger: Logger;
  readonly metrics: CoreMetrics;
  readonly sbi: SbiConsumer;
  readonly sessions: SmfSessions;
  readonly upfs: UpfSet;
  readonly settings: SmfSettings;
  /** Microseconds. */
  readonly clock: () => number;
}

/** A session request is refused: the 5GSM cause of the reject message. */
export class SessionRejection extends Error {
  readonly code = 'SESSION_REJECTION';
  override readonly name = 'SessionRejection';
  /** One of `SmCause`. */
  override readonly cause: number;

  constructor(cause: number, reason: string) {
    super(reason);
    this.cause = cause;
  }
}
