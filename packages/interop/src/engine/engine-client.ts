import { type ConnectOptions, connect, type QuicSession } from '@mpquic/endpoint';
import { createNgtcp2ConnectionSet } from '@mpquic/ngtcp2';
import { Changes } from '../changes.ts';
import { H3Session } from '../h3-session.ts';
import { expect } from '../matrix.ts';
import { requestPattern } from '../peers/qpsk-protocol.ts';
import { report, tell } from './engine-events.ts';
import type { EngineOptions } from './engine-options.ts';

const HOST = '127.0.0.1';
const DATAGRAM_LENGTH = 500;

/** Runs its connections one after the other, each resuming the one before, and tells how it went. */
export async function runEngineClient(options: EngineOptions): Promise<void> {
  let ticket: Uint8Array | undefined;
  let datagrams = 0;
  for (let i = 0; i < options.connections; i++) {
    const awaitsTicket = i + 1 < options.connections;
    ({ ticket, datagrams } = await runConnection(options, ticket, awaitsTicket));
  }
  tell('done', { ok: true, bytes: options.bytes, datagrams });
}

async function runConnection(
  options: EngineOptions,
  sessionTicket: Uint8Array | undefined,
  awaitsTicket: boolean,
): Promise<{ readonly ticket: Uint8Array | undefined; readonly datagrams: number }> {
  const changes = new Changes();
  let ticket: Uint8Array | undefined;
  let datagrams = 0;
  const session = await connect(`${HOST}:${options.port}`, {
    endpoint: { connections: createNgtcp2ConnectionSet },
    alpn: options.alpn,
    local: HOST,
    transportParams: { maxDatagramFrameSize: 65_535 },
    onsessionticket(given) {
      ticket = given;
      changes.announce();
    },
    ondatagram({ length }) {
      if (length === DATAGRAM_LENGTH) datagrams += 1;
      changes.announce();
    },
    ...authentication(options, sessionTicket),
    ...options.session,
  });
  report(session, options.keyUpdate);
  session.closed.catch(() => undefined);
  if (options.alpn === 'h3') datagrams = await runRequests(session, options);
  else {
    await runStreams(session, options);
    await changes.until(() => datagrams >= options.datagrams);
  }
  if (awaitsTicket) await changes.until(() => ticket !== undefined);
  await end(session, options.closeCode);
  return { ticket, datagrams };
}

function authentication(
  { ca, psk }: EngineOptions,
  sessionTicket: Uint8Array | undefined,
): Partial<ConnectOptions> {
  if (psk !== undefined) return { psk };
  return { ca, servername: 'localhost', sessionTicket };
}

async function runRequests(session: QuicSession, options: EngineOptions): Promise<number> {
  const { port, bytes, datagrams } = options;
  const http = H3Session.client(session);
  await session.opened;
  const authority = `localhost:${port}`;
  const echoed = datagrams === 0 ? 0 : await http.echoDatagrams(authority, datagrams);
  expect((await http.get(authority, `/${bytes}`)) === bytes, 'not all octets came');
  return echoed;
}

async function runStreams(session: QuicSession, options: EngineOptions): Promise<void> {
  const { alpn, bytes, upload, datagrams, migrate } = options;
  await session.opened;
  for (let i = 0; i < datagrams; i++) {
    await session.sendDatagram(new Uint8Array(DATAGRAM_LENGTH).fill(i));
  }
  const moved = migrate ? session.migrate({ local: HOST }) : undefined;
  if (upload > 0) await echo(session, upload);
  else if (alpn === 'perf') await requestPattern(session, bytes);
  else await echo(session, 8);
  await moved;
}

/** Sends so many octets and reads them back. */
async function echo(session: QuicSession, octets: number): Promise<void> {
  const stream = await session.createBidirectionalStream({ body: new Uint8Array(octets).fill(7) });
  let came = 0;
  for await (const chunks of stream) {
    for (const chunk of chunks) {
      expect(chunk[0] === 7 && chunk.at(-1) === 7, 'other octets came back');
      came += chunk.length;
    }
  }
  expect(came === octets, `${came} of ${octets} octets came back`);
}

/** Closes, or waits for the server where that is to close. */
async function end(session: QuicSession, code: number | undefined): Promise<void> {
  await session.close(code === undefined ? {} : { code, reason: 'as asked' });
}
