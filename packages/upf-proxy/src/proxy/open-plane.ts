import { QlogFolder } from '@mpquic/endpoint';
import { type Lifecycle, ServiceFailure } from '@mpquic/service';
import type { UpfSettings } from '../settings.ts';
import type { TunRouter } from '../user-plane/tun-router.ts';
import type { UserPlane } from '../user-plane/user-plane.ts';
import { LocalPlane, type LocalPlaneOptions, type PlaneSettings } from './local-plane.ts';
import type { ProxyPlane } from './proxy-plane.ts';
import { ProxyWorkers, type ProxyWorkersOptions } from './workers/proxy-workers.ts';

/** What a plane needs of the rest of the UPF. */
export interface PlaneParts
  extends Pick<LocalPlaneOptions, 'certificate'>,
    Pick<
      ProxyWorkersOptions,
      | 'psks'
      | 'sessionOf'
      | 'addresses'
      | 'events'
      | 'logger'
      | 'onUsed'
      | 'onReplaced'
      | 'keyLog'
      | 'tap'
    > {
  readonly router: TunRouter | undefined;
}

/** A plane, in this thread or in several. */
export interface OpenPlane {
  readonly plane: ProxyPlane;
  readonly userPlane: UserPlane | undefined;
  readonly workers: ProxyWorkers | undefined;
}

/** Only connections by a provisioned PSK may belong to no session. */
const SPARE_ADDRESSES = 16;

/** @throws {ServiceFailure} where an address cannot be listened on, or workers cannot do what is asked */
export async function openPlane(
  settings: UpfSettings,
  lifecycle: Lifecycle,
  parts: PlaneParts,
): Promise<OpenPlane> {
  if (settings.workers === 1) {
    const plane = await openLocal(settings, lifecycle, parts);
    return { plane, userPlane: plane.userPlane, workers: undefined };
  }
  if (parts.certificate !== undefined) {
    throw new ServiceFailure(2, 'a UPF with a certificate has one thread: leave workers at 1');
  }
  const plane = await lifecycle.start(
    'MPQUIC proxy',
    () =>
      ProxyWorkers.start({
        ...parts,
        count: settings.workers,
        settings: planeSettings(settings),
        statelessResetKey: settings.statelessResetKey,
        spareAddresses: settings.provisionedPsks.length > 0 ? SPARE_ADDRESSES : 0,
        qlogDir: settings.qlogDir,
      }),
    (part) => part.close(),
  );
  return { plane, userPlane: undefined, workers: plane };
}

function openLocal(
  settings: UpfSettings,
  lifecycle: Lifecycle,
  { router, tap, ...parts }: PlaneParts,
): Promise<LocalPlane> {
  const { qlogDir, statelessResetKey } = settings;
  const qlog = qlogDir === undefined ? undefined : new QlogFolder(qlogDir);
  if (qlog !== undefined) lifecycle.onStop('qlog', () => qlog.close());
  return lifecycle.start(
    'MPQUIC proxy',
    () =>
      LocalPlane.listen({
        ...parts,
        tap,
        settings: planeSettings(settings),
        statelessResetKey,
        observer: qlog?.observer,
        openForwarder: router && ((options) => router.attach(options)),
      }),
    (part) => part.close(),
  );
}

/** What may go to another thread: no keys. */
function planeSettings(settings: UpfSettings): PlaneSettings {
  const { nodeId, n4, access3gpp, accessNon3gpp, uePool, retry, maxPathId, idleMs } = settings;
  const { allowTargets, denyTargets, routedUeAddresses } = settings;
  return {
    nodeId,
    n4,
    access3gpp,
    accessNon3gpp,
    uePool,
    retry,
    maxPathId,
    idleMs,
    allowTargets,
    denyTargets,
    routedUeAddresses,
  };
}
