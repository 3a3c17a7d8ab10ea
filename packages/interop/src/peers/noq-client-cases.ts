import type { PathEvent, QuicSession } from '@mpquic/endpoint';
import { expect, type InteropCase } from '../matrix.ts';
import type { PeerProcess } from '../peer-process.ts';
import { updateKey } from '../quic/update-key.ts';
import { pathFigures, SECOND_HOST, withOurClient } from './noq-setup.ts';
import { requestPattern } from './qpsk-protocol.ts';
import { rate } from './qpsk-setup.ts';

const MEGABYTE = 1_000_000;

const openSecond = (session: QuicSession): Promise<number> =>
  session.openPath({ local: SECOND_HOST });

/** Settles with the first path event of this type. */
function pathEvent<T extends PathEvent['type']>(
  session: QuicSession,
  type: T,
): Promise<Extract<PathEvent, { readonly type: T }>> {
  return new Promise((resolve) => {
    session.onpath = (event) => {
      if (event.type === type) resolve(event as Extract<PathEvent, { readonly type: T }>);
    };
  });
}

/** Closes and gives the octets that the peer sent on each path. */
async function sentByPeer(session: QuicSession, server: PeerProcess): Promise<readonly number[]> {
  await session.close();
  return pathFigures(await server.event('closed')).map(({ sent }) => sent);
}

function multipathCase(
  name: string,
  serverArguments: readonly string[],
  use: (session: QuicSession, server: PeerProcess) => Promise<string | undefined>,
): InteropCase {
  return { name, role: 'client', run: (context) => withOurClient(context, serverArguments, use) };
}

/** Our client against noq's server: multipath with certificates. */
export const clientCases: readonly InteropCase[] = [
  multipathCase('mp-handshake', [], async (session, server) => {
    const { multipath } = await server.event('handshake');
    expect(multipath === true && session.multipath === true, 'no multipath', server.log);
    const id = await openSecond(session);
    await server.event('path', (event) => event['type'] === 'established' && event['id'] === id);
    await requestPattern(session, 1000);
    return `path ${id}`;
  }),
  multipathCase('mp-transfer', [], async (session, server) => {
    await openSecond(session);
    const started = performance.now();
    await requestPattern(session, 20 * MEGABYTE);
    const remark = rate(20 * MEGABYTE, started);
    const sent = await sentByPeer(session, server);
    expect(
      sent.length === 2 && sent.every((octets) => octets > 1200),
      `octets by path: ${sent.join(', ')}`,
      server.log,
    );
    return `${remark}; the peer sent ${sent.join(' and ')} octets`;
  }),
  multipathCase('mp-status-by-peer', ['--backup'], async (session) => {
    const told = pathEvent(session, 'path_status');
    await openSecond(session);
    const { status, pathId } = await told;
    expect(status === 'backup', `path ${pathId} is ${status}`);
    await requestPattern(session, MEGABYTE);
    return undefined;
  }),
  multipathCase('mp-status-by-us', [], async (session, server) => {
    const id = await openSecond(session);
    session.setPathStatus(id, 'backup');
    const event = await server.event('path', ({ type }) => type === 'status');
    expect(event['id'] === id && event['detail'] === 'Backup', JSON.stringify(event), server.log);
    await requestPattern(session, MEGABYTE);
    return undefined;
  }),
  multipathCase('mp-abandon-by-peer', ['--abandon'], async (session) => {
    const closed = pathEvent(session, 'path_closed');
    await openSecond(session);
    expect((await closed).by === 'peer', 'we closed the path');
    await requestPattern(session, MEGABYTE);
    return undefined;
  }),
  multipathCase('mp-abandon-by-us', [], async (session, server) => {
    const id = await openSecond(session);
    session.closePath(id);
    await server.event('path', (event) => event['type'] === 'abandoned' && event['id'] === id);
    await requestPattern(session, MEGABYTE);
    return undefined;
  }),
  multipathCase('mp-churn', [], async (session) => {
    const ids: number[] = [];
    for (let i = 0; i < 8; i++) {
      const id = await openSecond(session);
      ids.push(id);
      session.closePath(id);
    }
    await requestPattern(session, MEGABYTE);
    expect(new Set(ids).size === 8, `path IDs ${ids.join(', ')}`);
    return `paths up to ${Math.max(...ids)}, by MAX_PATH_ID`;
  }),
  multipathCase('mp-key-update-by-peer', ['--key-update'], async (session) => {
    const updated = new Promise<void>((resolve) => {
      session.onkeyupdate = () => resolve();
    });
    await openSecond(session);
    await requestPattern(session, 5 * MEGABYTE);
    await updated;
    return undefined;
  }),
  multipathCase('mp-key-update-by-us', [], async (session) => {
    await openSecond(session);
    await requestPattern(session, MEGABYTE);
    await updateKey(session);
    await requestPattern(session, 5 * MEGABYTE);
    return undefined;
  }),
  multipathCase('mp-pathdown', [], async (session) => {
    const id = await openSecond(session);
    const transfer = requestPattern(session, 20 * MEGABYTE);
    const path = session.paths.find((one) => one.id === id);
    expect(path !== undefined, 'the path is gone');
    session.endpoint?.blackhole(path.local, true);
    await transfer;
    return 'path 1 cut without a word while 20 MB came';
  }),
];
