import { listen, type QuicSession } from '@mpquic/endpoint';
import { serveRequest } from '@mpquic/hq';
import { InMemoryPskStore } from '@mpquic/tls';
import { type DataPathName, requireDataPath } from '../data-path.ts';
import type { BenchProgram } from '../process/program.ts';
import { addressTexts, benchPsk, LOOPBACK, sessionDefaults } from './session-setup.ts';

export interface ServerSettings {
  readonly dataPath: DataPathName;
  /** Addresses to listen on. */
  readonly paths: number;
}

/**
 * A server that answers `GET /N` with N octets; with ALPN `echo` it sends back what comes on streams and in
 * datagrams, with `sink` it counts datagrams. Facts: `addresses`.
 */
export async function startServer({ dataPath, paths }: ServerSettings): Promise<BenchProgram> {
  const { crypto, openSocket } = requireDataPath(dataPath);
  const sunk = { bytes: 0, packets: 0 };
  const endpoint = await listen((session) => serve(session, sunk), {
    ...sessionDefaults,
    alpn: [sessionDefaults.alpn, 'echo', 'sink'],
    crypto,
    psk: new InMemoryPskStore([benchPsk()]),
    endpoint: { addresses: new Array<string>(paths).fill(`${LOOPBACK}:0`), openSocket },
  });
  return {
    facts: { addresses: addressTexts(endpoint.addresses) },
    progress: () =>
      sunk.packets > 0
        ? sunk
        : { bytes: Number(endpoint.stats.bytesSent), packets: Number(endpoint.stats.packetsSent) },
  };
}

function serve(session: QuicSession, sunk: { bytes: number; packets: number }): void {
  session.onerror = () => undefined;
  session.onhandshake = ({ protocol }) => {
    if (protocol === 'echo') echo(session);
    else if (protocol === 'sink') {
      session.ondatagrams = (datagrams) => {
        sunk.packets += datagrams.length;
        for (let i = 0; i < datagrams.length; i++) sunk.bytes += datagrams.lengthOf(i);
      };
    }
  };
  session.onstream = async (stream) => {
    await serveRequest(stream, undefined);
  };
}

function echo(session: QuicSession): void {
  session.ondatagram = (datagram) => void session.sendDatagram(datagram);
  session.onstream = async (stream) => {
    for await (const chunks of stream) await stream.writer.writev(chunks);
  };
}
