import { servingNetworkName } from '@mpquic/keys';
import { EncryptionAlgorithm, IntegrityAlgorithm } from '@mpquic/nas';
import type { AccessName } from '@mpquic/service';
import type { Address } from '@mpquic/wire';
import { AccessNetwork } from '../amf/access-network.ts';
import { Amf } from '../amf/amf.ts';
import { N1Listener } from '../amf/n1-listener.ts';
import { UeContexts } from '../amf/ue-context.ts';
import { type CoreParts, networkSettings, serve } from './core-parts.ts';

export interface StartedAmf {
  readonly amf: Amf;
  /** Where N1 listens. */
  readonly n1: { readonly [A in AccessName]: Address };
}

/** An AMF with its N1 over both accesses. @throws {ServiceFailure} */
export async function startAmf(parts: CoreParts): Promise<StartedAmf> {
  const { configuration, crypto, logger, events, metrics, network, selected, lifecycle } = parts;
  const settings = networkSettings(parts);
  const amf = new Amf({
    crypto,
    events,
    logger,
    metrics,
    sbi: network.consumer('amf'),
    ues: new UeContexts(configuration.maxUes),
    accessNetwork: new AccessNetwork(crypto, events),
    settings: {
      ...settings,
      servingNetworkName: servingNetworkName(settings.plmn),
      integrity: configuration.integrity.map((name) => IntegrityAlgorithm[name]),
      encryption: configuration.ciphering.map((name) => EncryptionAlgorithm[name]),
      guardMs: configuration.guardMs,
      implicitDeregistrationMs: configuration.implicitDeregistrationMs,
      horizontalKAmf: configuration.horizontalKAmf,
      renewKAmfAtCount: configuration.renewKAmfAtCount,
      onKAmfChange: configuration.onKAmfChange,
      countSource: configuration.countSource,
      selected,
    },
  });
  await serve(network, 'amf', amf.routes);
  const listen = (access: AccessName, address: Address): Promise<N1Listener> =>
    lifecycle.start(
      `N1 (${access})`,
      () =>
        N1Listener.listen({
          access,
          address,
          // Room for those that are told that there is no room.
          maxConnections: configuration.maxUes + SPARE_CONNECTIONS,
          latencyMs: configuration.n1LatencyMs,
          tap: parts.tap,
          accept: (transport, over) => amf.accept(transport, over),
        }),
      (listener) => listener.close(),
    );
  const threeGpp = await listen('3gpp', configuration.n1ThreeGpp);
  const nonThreeGpp = await listen('non-3gpp', configuration.n1NonThreeGpp);
  lifecycle.onStop('AMF', () => amf.stop(configuration.releaseOnStop));
  return { amf, n1: { '3gpp': threeGpp.address, 'non-3gpp': nonThreeGpp.address } };
}

const SPARE_CONNECTIONS = 64;
