import type { CryptoProvider } from '@mpquic/crypto';
import { NTP_EPOCH_OFFSET } from '@mpquic/pfcp';
import { wallClock } from '@mpquic/service';
import type { Address } from '@mpquic/wire';
import { N4Endpoint } from '../smf/n4-endpoint.ts';
import { serveUpf } from '../smf/n4-service.ts';
import { Smf } from '../smf/smf.ts';
import { SmfSessions } from '../smf/smf-sessions.ts';
import { UpfAssociation } from '../smf/upf-association.ts';
import { UpfSet } from '../smf/upf-set.ts';
import { type CoreParts, networkSettings, serve } from './core-parts.ts';

export interface StartedSmf {
  readonly smf: Smf;
  readonly upfs: UpfSet;
  /** Where PFCP is bound. */
  readonly n4: Address;
}

/** An SMF with its N4. @throws {ServiceFailure} */
export async function startSmf(parts: CoreParts): Promise<StartedSmf> {
  const { configuration, crypto, logger, events, metrics, network, selected, lifecycle } = parts;
  const recoveryTimeStamp = Math.floor(wallClock() / 1e6) + NTP_EPOCH_OFFSET;
  const seids = seidSource(crypto);
  const endpoint: N4Endpoint = await lifecycle.start(
    'N4',
    () =>
      N4Endpoint.bind({
        address: configuration.n4,
        t1Ms: configuration.pfcpT1Ms,
        n1: configuration.pfcpN1,
        latencyMs: configuration.n4LatencyMs,
        recoveryTimeStamp,
        events,
        metrics,
        tap: parts.tap,
        serve: (request, peer) => serveUpf(smf, upfs, endpoint, recoveryTimeStamp, request, peer),
      }),
    (started) => started.close(),
  );
  const upfs: UpfSet = new UpfSet(
    configuration.upfs.map(
      ({ id, n4 }) =>
        new UpfAssociation({
          upfId: id,
          address: n4,
          exchange: endpoint,
          localHost: configuration.n4.host,
          recoveryTimeStamp,
          heartbeatMs: configuration.heartbeatMs,
          logger,
          newSeid: seids,
          lost: (sessions, reason) => smf.lost(sessions, reason),
        }),
    ),
  );
  const smf = new Smf({
    crypto,
    events,
    logger,
    metrics,
    sbi: network.consumer('smf'),
    sessions: new SmfSessions(configuration.maxSessions),
    upfs,
    clock: wallClock,
    settings: {
      ...networkSettings(parts),
      selected,
      indicatesPsk: configuration.serverAuthentication === 'psk',
      pskMode: configuration.pskMode,
      pskLifetimeSeconds: configuration.pskLifetimeSeconds,
      rekey: configuration.rekey,
      relocationOverlapMs: configuration.relocationOverlapMs,
      steeringMode: configuration.steeringMode,
      trafficRules: configuration.trafficRules,
      guardMs: configuration.guardMs,
    },
  });
  lifecycle.onStop('SMF', () => smf.stop(configuration.releaseOnStop));
  await serve(network, 'smf', smf.routes);
  // Not waited for: UPFs may come later, and until then `ready` says so.
  void upfs.start();
  return { smf, upfs, n4: endpoint.address };
}

/** Session endpoint identifiers that no earlier life of this SMF used. */
function seidSource({ random }: CryptoProvider): () => bigint {
  const start = new DataView(random.fill(new Uint8Array(4)).buffer).getUint32(0);
  let next = (BigInt(start) << 32n) | 1n;
  return () => {
    next += 1n;
    return next;
  };
}
