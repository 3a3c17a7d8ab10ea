import type { ConnectionEvent, ConnectionSet } from '@mpquic/quic';
import type { LinkOptions } from '@mpquic/testkit';
import { ConnectedPair } from './connected-pair.ts';

const CHUNK = new Uint8Array(65_536);
const LIMIT = 200_000_000;
/** What Ethernet carries behind the headers of IPv4: both ends look for it. */
const LARGEST_DATAGRAM = 1472;

/**
 * One connection over a link on a virtual clock, and so many octets from its server.
 * @returns microseconds from the first datagram to the client's last octet
 * @throws {SimulationError} where it does not come to an end
 */
export function downloadTime(
  seed: number,
  link: LinkOptions,
  octets: number,
  createSet?: () => ConnectionSet,
): number {
  let finished = false;
  let written = 0;
  let streamId: number | undefined;
  const readAll = (event: ConnectionEvent): void => {
    if (event.type !== 'stream_readable') return;
    for (let chunk = pair.client.readStream(event.streamId); chunk !== undefined; ) {
      finished ||= chunk.fin;
      chunk = pair.client.readStream(event.streamId);
    }
  };
  const fill = (): void => {
    if (streamId === undefined) return;
    while (written < octets) {
      const length = Math.min(CHUNK.length, octets - written);
      const isLast = written + length === octets;
      const taken = pair.server.writeStream(streamId, CHUNK.subarray(0, length), isLast);
      written += taken;
      if (taken < length) return;
    }
  };
  const pair: ConnectedPair = new ConnectedPair(seed, [link], {
    both: { mtuDiscoveryLimit: LARGEST_DATAGRAM, initialMaxPathId: undefined },
    clientEvent: readAll,
    serverEvent: (event) => {
      if (event.type === 'stream_writable') fill();
    },
    ...(createSet === undefined ? {} : { createSet }),
  });
  streamId = pair.server.openStream('uni');
  fill();
  pair.simulation.runUntil(() => finished, LIMIT, 'the end of a download');
  return pair.simulation.now;
}
