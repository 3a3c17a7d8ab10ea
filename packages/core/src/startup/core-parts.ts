import type { CryptoProvider } from '@mpquic/crypto';
import type { Plmn, Snssai } from '@mpquic/nas';
import {
  type CaptureTap,
  describeFailure,
  type EventSink,
  type Lifecycle,
  type Logger,
  ServiceFailure,
} from '@mpquic/service';
import type { CoreConfiguration } from '../configuration.ts';
import type { CoreMetrics } from '../core-metrics.ts';
import type { NfName, SbiNetwork } from '../sbi/network.ts';
import type { Route } from '../sbi/router.ts';
import type { SelectedSolution } from '../selected-solution.ts';

/** What the network functions of one core share while they are started. */
export interface CoreParts {
  readonly configuration: CoreConfiguration;
  readonly crypto: CryptoProvider;
  readonly logger: Logger;
  readonly events: EventSink;
  readonly tap: CaptureTap | undefined;
  readonly metrics: CoreMetrics;
  readonly network: SbiNetwork;
  readonly selected: SelectedSolution;
  readonly lifecycle: Lifecycle;
  /** When this process began: RFC 3339. */
  readonly recoveryTime: string;
}

/** Settings that AMF and SMF share. */
export interface NetworkSettings {
  readonly plmn: Plmn;
  readonly snssai: Snssai;
  readonly smfInstanceId: string;
  /** Of this life of the function: what is older was left by an earlier one. Named as in TS 29.510 §6.1.6.2.2 */
  readonly recoveryTime: string;
}

export function networkSettings({ configuration, recoveryTime }: CoreParts): NetworkSettings {
  const { mcc, mnc, smfInstanceId } = configuration;
  return { plmn: { mcc, mnc }, snssai: { sst: 1 }, smfInstanceId, recoveryTime };
}

/** Offers the services of one network function. @throws {ServiceFailure} */
export async function serve(
  network: SbiNetwork,
  nf: NfName,
  routes: readonly Route[],
): Promise<void> {
  try {
    await network.serve(nf, routes);
  } catch (error) {
    throw new ServiceFailure(1, `SBI of the ${nf.toUpperCase()}: ${describeFailure(error)}`);
  }
}
