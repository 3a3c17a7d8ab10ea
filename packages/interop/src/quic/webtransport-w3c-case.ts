import {
  Http3Server,
  quicheLoaded,
  type WebTransportSession,
} from '@fails-components/webtransport';
import { utf8 } from '@mpquic/wire';
import { createCertificate } from '../certificate-files.ts';
import type { CaseContext, InteropCase } from '../matrix.ts';
import { contentPeer, startPeerClient } from './our-server.ts';
import { GREETING, type WebTransportPeer } from './webtransport-peer.ts';

const HOST = '127.0.0.1';
const PATH = '/streams';

/** The peer's client against a server of the W3C API of @fails-components/webtransport over our transport. */
export function webTransportW3cCase(peer: WebTransportPeer): InteropCase {
  return {
    name: 'webtransport-w3c-server',
    role: 'server',
    run: (context) => run(context, peer),
  };
}

async function run(context: CaseContext, peer: WebTransportPeer): Promise<string | undefined> {
  await quicheLoaded;
  const { folder, recording } = context;
  const certificate = await createCertificate(folder);
  const port = context.nextPort();
  const options = {
    host: HOST,
    port,
    secret: '',
    cert: certificate.cert,
    privKey: certificate.key,
    quic: {
      ...recording.session,
      endpoint: { address: `${HOST}:${port}`, ...recording.endpoint },
    },
  };
  const server = new Http3Server(
    options as unknown as ConstructorParameters<typeof Http3Server>[0],
  );
  const sessions = server.sessionStream(PATH).getReader();
  server.startServer();
  await server.ready;
  try {
    const args = ['--case', 'streams', '--bytes', '1000000'];
    const client = startPeerClient(context, peer, 'h3', { certificate, port }, args);
    const serving = sessions.read().then(({ value }) => value && serve(value));
    serving.catch(() => undefined);
    await contentPeer(client);
    return undefined;
  } finally {
    server.stopServer();
    await server.closed;
  }
}

/** As the peer expects of `/streams`: echoes, and a stream of the server. */
async function serve(session: WebTransportSession): Promise<void> {
  const greeting = await session.createBidirectionalStream();
  const writer = greeting.writable.getWriter();
  await writer.write(utf8(GREETING));
  await writer.close();
  await Promise.all([echoBidirectional(session), echoUnidirectional(session)]);
}

async function echoBidirectional(session: WebTransportSession): Promise<void> {
  for await (const { readable, writable } of session.incomingBidirectionalStreams) {
    await readable.pipeTo(writable);
  }
}

async function echoUnidirectional(session: WebTransportSession): Promise<void> {
  for await (const readable of session.incomingUnidirectionalStreams) {
    await readable.pipeTo(await session.createUnidirectionalStream());
  }
}
