import { MpquicConnection } from '@mpquic/ue-agent';
import { equalBytes } from '@mpquic/wire';
import { kept, type Stage, type StageSession, type StageUe, until } from './stage.ts';

/** What an update of the PSK did to a connection that was in use. Milliseconds. */
export interface Outage {
  /** Without any usable connection; 0 where the new one was there before the old one ended. */
  readonly ms: number;
  /** From the start of the update until the new connection was open. */
  readonly totalMs: number;
  /** Whether the UPF ended the old connection before the new one was open. */
  readonly broken: boolean;
  readonly key: 'new' | 'same';
}

/** How a new key comes about. */
export type Update = (
  stage: Stage,
  one: StageUe,
  session: StageSession['session'],
) => Promise<void>;

/** The updates that a run can start. */
export const updates: {
  readonly onRequest: Update;
  readonly idleToConnected: Update;
  readonly newKAmf: Update;
} = {
  onRequest: async (_stage, { ue }, session) => {
    await ue.renewPsk(session);
  },
  idleToConnected: async (_stage, { ue }) => {
    ue.goIdle('3gpp');
    await ue.requestService('3gpp');
  },
  newKAmf: async (stage, { supi }) => {
    await stage.amf('reauthenticate', supi);
  },
};

/** Whether the UE ends the old connection before it sets up the new one, or after. */
export type Order = 'break first' | 'make first';

/**
 * Opens a connection, updates the key, and opens the next connection as soon as UE and UPF have the
 * new key: how long was there none?
 */
export async function measureOutage(
  stage: Stage,
  one: StageUe,
  { session, psk }: StageSession,
  { update, order }: { readonly update: Update; readonly order: Order },
): Promise<Outage> {
  const old = await MpquicConnection.open(one.mpquic, session, psk, '3gpp');
  let endedAt: number | undefined;
  const ended = (): void => {
    endedAt ??= performance.now();
  };
  old.quic.closed.then(ended, ended);
  const started = performance.now();
  const changed = nextKey(session, psk.generation);
  await update(stage, one, session);
  await changed;
  const fresh = session.psk === undefined ? psk : kept(session.psk);
  await until(() => stage.upfs.some(({ registry }) => registry.has(fresh.kid)));
  if (order === 'break first') {
    ended();
    await old.close();
  }
  const next = await MpquicConnection.open(one.mpquic, session, fresh, '3gpp');
  const openAt = performance.now();
  const broken = endedAt !== undefined;
  const withoutAny = endedAt === undefined ? 0 : openAt - endedAt;
  await Promise.all([old.close(), next.close()]);
  const key = equalBytes(fresh.key, psk.key) ? 'same' : 'new';
  return { ms: withoutAny, totalMs: openAt - started, broken, key };
}

function nextKey(session: StageSession['session'], before: number): Promise<void> {
  return until(() => session.psk !== undefined && session.psk.generation > before);
}
