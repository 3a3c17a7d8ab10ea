import { findSolution } from '@mpquic/keys';
import type { Access } from '@mpquic/nas';
import type { EventSink, Logger } from '@mpquic/service';
import { toHex, wipe } from '@mpquic/wire';
import { type SwitchAccess, switchAtStandIns } from '../applications/access-switch.ts';
import type { Application } from '../applications/application.ts';
import { runUserTraffic, type UserTrafficReport } from '../applications/user-traffic.ts';
import { UeFailure } from '../failure.ts';
import { MpquicConnection, type MpquicOptions } from '../mpquic/mpquic-connection.ts';
import { type TransferReport, transfer } from '../mpquic/transfer.ts';
import type { MaPduSession, UePsk } from '../session/ma-pdu-session.ts';
import type { Ue } from '../ue.ts';
import type { SessionSource } from '../user-plane/session-keeper.ts';
import { UserPlane } from '../user-plane/user-plane.ts';
import type { AfterRelease, StoryReport } from './story-report.ts';

/** What the story does. */
export interface StoryOptions {
  readonly ue: Ue;
  readonly mpquic: MpquicOptions;
  readonly pduSessionId: number;
  /** Where the session is asked for, and where the handshake runs. */
  readonly access: Access;
  readonly paths: number;
  /** 0 for no transfer. */
  readonly transferBytes: number;
  /** Cut in the middle of the transfer. */
  readonly cutAccess: Access | undefined;
  /** Applications that send through the UPF; none for no user traffic. */
  readonly applications: readonly Application[];
  /** Control interfaces of the stand-ins of accesses, where there are any: they are cut there. */
  readonly controls: { readonly [A in Access]?: string | undefined };
  /** How long applications send before an access is cut and after its return, in milliseconds. */
  readonly stageMs: number;
  /** How long the access is cut meanwhile. */
  readonly cutMs: number;
  /** Milliseconds between Accept and handshake. */
  readonly startDelayMs: number;
  /** Whether to release the session, try its KID again, and deregister. */
  readonly release: boolean;
  readonly events: EventSink;
  readonly logger: Logger;
}

/**
 * The story of a UE: registration over both accesses, MA PDU session, PSK, handshake on the first access,
 * second path, transfer over both with one access cut in the middle, release, and one attempt with the
 * released KID, which must fail.
 * @throws {UeFailure} where any of it goes otherwise
 */
export async function tellStory(options: StoryOptions): Promise<StoryReport> {
  const { ue, access, pduSessionId, paths } = options;
  const other: Access = access === '3gpp' ? 'non-3gpp' : '3gpp';
  await phase(options, 'registration', async () => {
    await ue.register(access);
    if (paths > 1) await ue.register(other);
  });
  const session = await phase(options, 'MA PDU session', () =>
    ue.establishSession(pduSessionId, access),
  );
  const psk = await phase(options, 'PSK', () => ue.derivePsk(session));
  if (options.startDelayMs > 0) await pause(options.startDelayMs);
  const { connection, ms } = await handshake(options, session, psk);
  // The UE wipes its copy on release; one more is kept to show that the UPF has forgotten it.
  const kept: UePsk = { ...psk, key: psk.key.slice() };
  try {
    const { solution, variant, mode, kid } = psk;
    const { cipher, group } = connection.security;
    if (paths > 1) await phase(options, 'second path', () => connection.addPath(other));
    const transferred = await runTransfer(options, connection);
    const table = connection.paths();
    const traffic = await runTraffic(options, session);
    const afterRelease = options.release
      ? await release(options, session, connection, kept)
      : undefined;
    return {
      solution,
      variant,
      pskMode: mode,
      kid: toHex(kid),
      handshake: { ms, cipher, group },
      paths: table,
      transfer: transferred,
      traffic,
      afterRelease,
    };
  } finally {
    wipe(kept.key);
    connection.destroy();
  }
}

async function handshake(
  options: StoryOptions,
  session: MaPduSession,
  psk: UePsk,
): Promise<{ readonly connection: MpquicConnection; readonly ms: number }> {
  const started = performance.now();
  const connection = await phase(options, 'handshake', () =>
    MpquicConnection.open(options.mpquic, session, psk, options.access),
  );
  const ms = performance.now() - started;
  const value = Math.round(ms * 1000);
  options.events.record({ type: 'measure', holder: 'ue', name: 'handshake', value, unit: 'us' });
  return { connection, ms };
}

async function runTransfer(
  options: StoryOptions,
  connection: MpquicConnection,
): Promise<TransferReport | undefined> {
  const { transferBytes, cutAccess, events } = options;
  if (transferBytes === 0) return undefined;
  const switchAccess = switchFor(options, [connection]);
  let switching: Promise<void> | undefined;
  const cut = (access: Access): void => {
    switching = switchAccess(access, true);
    switching.catch(() => undefined);
    markMoment(options, `${access} access is cut`);
  };
  const result = await phase(options, 'transfer', async () => {
    try {
      return await transfer(connection.quic, {
        bytes: transferBytes,
        ...(cutAccess === undefined ? {} : { cut: () => cut(cutAccess) }),
      });
    } finally {
      await switching;
      if (cutAccess !== undefined && switching !== undefined) await switchAccess(cutAccess, false);
    }
  });
  const measures = {
    transfer: result.ms,
    ...(result.cut === undefined ? {} : { switching: result.cut.switchedAfterMs }),
  };
  for (const [name, ms] of Object.entries(measures)) {
    const value = Math.round(ms * 1000);
    events.record({ type: 'measure', holder: 'ue', name, value, unit: 'us' });
  }
  return result;
}

/** Applications send over an MPQUIC connection of their own, with the same PSK. */
async function runTraffic(
  options: StoryOptions,
  session: MaPduSession,
): Promise<UserTrafficReport | undefined> {
  const { mpquic, access, paths, applications, cutAccess, stageMs, cutMs, logger } = options;
  if (applications.length === 0) return undefined;
  const userPlane = new UserPlane({
    mpquic,
    sessions: sourceOf(session),
    access,
    bothAccesses: paths > 1,
    logger,
  });
  try {
    return await phase(options, 'user traffic', async () =>
      runUserTraffic({
        userPlane,
        applications,
        cutAccess,
        switchAccess: async (which, cut) => {
          const connections = await userPlane.connections();
          await switchFor(
            options,
            connections.map(({ connection }) => connection),
          )(which, cut);
        },
        stageMs,
        cutMs,
        guardMs: mpquic.handshakeTimeoutMs,
        logger,
        onStage: (stage) => markMoment(options, `user traffic: ${stage}`),
      }),
    );
  } finally {
    await userPlane.close();
  }
}

/** One session and no other: where the network releases it, the story is over. */
function sourceOf(session: MaPduSession): SessionSource {
  return {
    current: session,
    ready: async () => {
      if (session.psk === undefined) throw new UeFailure('no_psk', 'the session has no PSK');
      return { session, psk: session.psk };
    },
    refused: () => undefined,
  };
}

/** Accesses are cut at their stand-ins, or else where the UE sends. */
function switchFor(
  { controls }: StoryOptions,
  connections: readonly MpquicConnection[],
): SwitchAccess {
  return switchAtStandIns(controls, (access, cut) => {
    for (const connection of connections) connection.cut(access, cut);
  });
}

function markMoment({ events }: StoryOptions, text: string): void {
  events.record({ type: 'phase', holder: 'ue', phase: text, mark: 'start' });
}

/** Connection and session end; the KID must be worth nothing then, unless it was provisioned. */
async function release(
  options: StoryOptions,
  session: MaPduSession,
  connection: MpquicConnection,
  kept: UePsk,
): Promise<AfterRelease> {
  const { ue, access } = options;
  await phase(options, 'release', async () => {
    await connection.close();
    await ue.releaseSession(session);
  });
  const outcome = await phase(options, 'attempt with the released KID', () =>
    attemptReleased(options, session, kept),
  );
  await phase(options, 'deregistration', () => ue.deregister(access, true));
  return outcome;
}

async function attemptReleased(
  options: StoryOptions,
  session: MaPduSession,
  kept: UePsk,
): Promise<AfterRelease> {
  const provisioned = findSolution(kept.solution).deliveries.every(
    ({ installation }) => installation === 'provisioned',
  );
  try {
    const connection = await MpquicConnection.open(options.mpquic, session, kept, options.access);
    connection.destroy();
  } catch (error) {
    if (!(error instanceof UeFailure) || error.reason !== 'mpquic') throw error;
    return { accepted: false, detail: error.message };
  }
  if (provisioned) return { accepted: true, detail: 'a provisioned PSK outlives the session' };
  throw new UeFailure('mpquic', 'the UPF still takes the KID of a released session');
}

async function phase<T>(
  { events, logger }: StoryOptions,
  name: string,
  run: () => Promise<T>,
): Promise<T> {
  events.record({ type: 'phase', holder: 'ue', phase: name, mark: 'start' });
  try {
    const result = await run();
    events.record({ type: 'phase', holder: 'ue', phase: name, mark: 'end' });
    logger.info({ phase: name }, 'done');
    return result;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    events.record({ type: 'phase', holder: 'ue', phase: name, mark: 'failed', detail });
    throw error;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
