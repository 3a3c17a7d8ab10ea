import { type ConnectOptions, connect, QuicEndpoint, type QuicSession } from '@mpquic/endpoint';
import { download, type Transfer } from '@mpquic/hq';
import { printNote } from '../cli/output.ts';
import { type ClientReport, PathLog, reportClose, reportHandshake } from './client-report.ts';
import { downloadFile, nowhere } from './download-folder.ts';
import { type EngineName, engineOptions } from './engine.ts';

/** When a path is to be abandoned. */
export interface PathCloseTime {
  readonly pathId: number;
  /** Milliseconds after the first request. */
  readonly ms: number;
}

/** When path 0 is to move, and where. */
export interface MigrationTime {
  /** Host of this side. */
  readonly local: string;
  /** Milliseconds after the first request. */
  readonly ms: number;
}

export interface ClientRun {
  /** host:port */
  readonly server: string;
  readonly session: ConnectOptions;
  readonly engine: EngineName;
  readonly keyLog: ((line: string) => void) | undefined;
  /** One path from each; the system's choice where there is none. */
  readonly locals: readonly string[];
  /** Where the paths go, in the order of {@link locals}; the server's address for the rest. */
  readonly remotes: readonly string[];
  readonly requests: readonly string[];
  /** Folder for what is downloaded. */
  readonly folder: string | undefined;
  readonly closePaths: readonly PathCloseTime[];
  readonly migrations: readonly MigrationTime[];
  /** Ends the run. */
  readonly signal: AbortSignal;
}

/** Connects, opens the paths, downloads everything at once, closes, and reports. Rejects on wrong arguments only. */
export async function runClient(run: ClientRun): Promise<ClientReport> {
  const endpoint = new QuicEndpoint({ keyLog: run.keyLog, ...engineOptions(run.engine) });
  const paths = new PathLog();
  let session: QuicSession | undefined;
  let handshake: ClientReport['handshake'] = null;
  let transfers: Transfer[] = [];
  let error: string | null = null;
  const started = performance.now();
  try {
    session = await connect(run.remotes[0] ?? run.server, {
      ...run.session,
      endpoint,
      local: run.locals[0],
    });
    watch(session, paths, run.signal);
    const early = run.session.earlyData === true ? transferAll(session, run) : undefined;
    early?.catch(() => undefined);
    const info = await session.opened;
    handshake = reportHandshake(info, Math.round((performance.now() - started) * 1000) / 1000);
    if (run.locals.length > 1) await openPaths(session, run);
    transfers = await (early ?? transferAll(session, run));
    if (transfers.some(({ status }) => status !== 200)) error = 'not every transfer was complete';
    paths.update(session);
    await session.close();
  } catch (cause) {
    error = cause instanceof Error ? cause.message : String(cause);
    if (session === undefined) throw cause;
  } finally {
    endpoint.destroy();
  }
  if (session.closeReason !== undefined && session.closeReason.by !== 'local' && error === null) {
    error = 'the peer closed the connection';
  }
  return {
    ok: error === null,
    handshake,
    multipath: { negotiated: session.multipath ?? false, paths: paths.report() },
    transfers,
    close: reportClose(session.closeReason),
    error,
  };
}

/** Keeps the paths' figures up to date, and ends the session with the run. */
function watch(session: QuicSession, paths: PathLog, signal: AbortSignal): void {
  session.onpath = (event) => {
    paths.update(session);
    if (event.type === 'path_closed') paths.closed(event.pathId);
  };
  const abort = (): void => {
    paths.update(session);
    const reason: unknown = signal.reason;
    const timedOut = reason instanceof Error && reason.name === 'TimeoutError';
    session.destroy(timedOut ? new Error('the time of the run is over') : reason, { code: 0 });
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  const done = (): void => signal.removeEventListener('abort', abort);
  session.closed.then(done, done);
}

/** A path that does not come up is reported, and the run goes on without it. */
async function openPaths(session: QuicSession, run: ClientRun): Promise<void> {
  await session.confirmed;
  if (session.multipath !== true) {
    printNote('the server does not speak multipath: one path is used');
    return;
  }
  const opening = run.locals.slice(1).map((local, index) => {
    const remote = run.remotes[index + 1] ?? run.server;
    const signal = AbortSignal.timeout(PATH_TIMEOUT);
    return session.openPath({ local, remote, signal });
  });
  for (const result of await Promise.allSettled(opening)) {
    if (result.status === 'rejected') printNote(`a path did not open: ${String(result.reason)}`);
  }
}

async function transferAll(session: QuicSession, run: ClientRun): Promise<Transfer[]> {
  const timers = [
    ...run.closePaths.map(({ pathId, ms }) => setTimeout(() => closePath(session, pathId), ms)),
    ...run.migrations.map(({ local, ms }) => setTimeout(() => void migrate(session, local), ms)),
  ];
  try {
    return await Promise.all(run.requests.map((path) => transfer(session, path, run.folder)));
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

/** The only path left cannot be closed; that is reported, and the run goes on. */
function closePath(session: QuicSession, pathId: number): void {
  if (session.destroyed) return;
  try {
    session.closePath(pathId);
  } catch (error) {
    printNote(`path ${pathId} stays: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A move that does not come about is reported, and the run goes on where it was. */
async function migrate(session: QuicSession, local: string): Promise<void> {
  if (session.destroyed) return;
  try {
    await session.migrate({ local });
  } catch (error) {
    printNote(`no move to ${local}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function transfer(
  session: QuicSession,
  path: string,
  folder: string | undefined,
): Promise<Transfer> {
  const sink = folder === undefined ? nowhere : await downloadFile(folder, path);
  const result = await download(session, path, sink);
  await sink.close();
  return result;
}

const PATH_TIMEOUT = 5_000;
