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
}

/** Settings that AMF and SMF share. */
export interface NetworkSettings {
  readonly plmn: Plmn;
  readonly snssai: Snssai;
  readonly smfInstanceId: string;
}

export function networkSettings({ mcc, mnc, smfInstanceId }: CoreConfiguration): NetworkSettings {
  return { plmn: { mcc, mnc }, snssai: { sst: 1 }, smfInstanceId };
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
