import type { CryptoProvider } from '@mpquic/crypto';
import type { Plmn, Snssai } from '@mpquic/nas';
import type { EventSink, Logger } from '@mpquic/service';
import type { CoreMetrics } from '../core-metrics.ts';
import type { SbiConsumer } from '../sbi/network.ts';
import type { SelectedSolution } from '../selected-solution.ts';
import type { AccessNetwork } from './access-network.ts';
import type { UeContexts } from './ue-context.ts';

export interface AmfSettings {
  readonly plmn: Plmn;
  /** `5G:mnc001.mcc001.3gppnetwork.org`. */
  readonly servingNetworkName: string;
  readonly snssai: Snssai;
  /** Algorithm identities, preferred first. */
  readonly integrity: readonly number[];
  readonly encryption: readonly number[];
  /** How long a UE may take for an answer: T3550, T3560, T3570. */
  readonly guardMs: number;
  /** How long a UE may stay CM-IDLE before it is forgotten; 0 for ever. */
  readonly implicitDeregistrationMs: number;
  /** NAS COUNT at which a new K_AMF is taken into use. TS 24.501 §4.4.3.5 */
  readonly renewKAmfAtCount: number;
  /** Whether a mobility registration update takes K_AMF' into use. TS 33.501 §6.9.3 */
  readonly horizontalKAmf: boolean;
  /** What becomes of PSKs when K_AMF changes; the study leaves it open. */
  readonly onKAmfChange: 'keep' | 'rekey' | 'delete';
  /** The COUNT of a derivation: that of the request, or, to show what goes wrong, the newest one. */
  readonly countSource: 'stored' | 'current';
  readonly selected: SelectedSolution;
  /** The SMF that this AMF selects: a UUID. */
  readonly smfInstanceId: string;
  /** When this life of the AMF began. */
  readonly recoveryTime: string;
}

/** What every procedure of the AMF works with. */
export interface AmfEnvironment {
  readonly crypto: CryptoProvider;
  readonly events: EventSink;
  readonly logger: Logger;
  readonly metrics: CoreMetrics;
  readonly sbi: SbiConsumer;
  readonly ues: UeContexts;
  readonly accessNetwork: AccessNetwork;
  readonly settings: AmfSettings;
}

/** A UE is refused: the 5GMM cause of the reject message. */
export class NasRejection extends Error {
  readonly code = 'NAS_REJECTION';
  override readonly name = 'NasRejection';
  /** One of `MmCause`. */
  override readonly cause: number;

  constructor(cause: number, reason: string) {
    super(reason);
    this.cause = cause;
  }
}
