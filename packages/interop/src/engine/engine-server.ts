import { listen, type QuicSession } from '@mpquic/endpoint';
import { createNgtcp2ConnectionSet } from '@mpquic/ngtcp2';
import { InMemoryPskStore } from '@mpquic/tls';
import { H3Session } from '../h3-session.ts';
import { serveQpskStream } from '../peers/qpsk-protocol.ts';
import { report, tell } from './engine-events.ts';
import type { EngineOptions } from './engine-options.ts';

/** Serves until the process is ended. */
export async function runEngineServer(options: EngineOptions): Promise<void> {
  const { port, psk, cert, key, retry } = options;
  const authentication =
    psk === undefined
      ? { certs: cert, keys: key }
      : { psk: new InMemoryPskStore([psk]), requirePsk: true };
  await listen((session) => serve(session, options), {
    endpoint: {
      address: `127.0.0.1:${port}`,
      validateAddress: retry,
      connections: createNgtcp2ConnectionSet,
    },
    alpn: options.alpn,
    transportParams: { maxDatagramFrameSize: 65_535 },
    ...authentication,
    ...options.session,
  });
  tell('listening');
}

function serve(session: QuicSession, { alpn, keyUpdate, closeCode }: EngineOptions): void {
  report(session, keyUpdate);
  if (alpn === 'h3') {
    H3Session.server(session);
    return;
  }
  session.ondatagram = (data) => void session.sendDatagram(data).catch(() => undefined);
  session.onstream = async (stream) => {
    await serveQpskStream(alpn, stream).catch(() => undefined);
    if (closeCode === undefined) return;
    await session.close({ code: closeCode, reason: 'as asked' });
  };
}
