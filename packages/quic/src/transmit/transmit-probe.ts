import type { Instant, Transmit } from '@mpquic/wire';
import { searchLargerSize } from '../path-verbs/path-mtu.ts';
import type { Path } from '../paths/path.ts';
import type { ConnectionState } from '../state.ts';
import { beginShortPacket, finishTransmit, packetSent, sealOne } from './packet-sending.ts';
import { hasRoom, mayCarryData } from './path-choice.ts';

/**
 * One PING in a datagram of a size that is not known to fit, where it is due; its loss loses nothing.
 * RFC 9000 §14.4, RFC 8899 §4.1
 */
export function transmitMtuProbe(state: ConnectionState, now: Instant, into: Transmit): boolean {
  const { datagramsSent, datagramsReceived } = state.counters;
  const carriesDatagrams = datagramsSent > 0 || datagramsReceived > 0;
  const { list } = state.paths;
  for (let i = 0; i < list.length; i++) {
    const path = list[i] as Path;
    if (carriesDatagrams) searchLargerSize(state, path);
    if (path.mtu === undefined || path.suspect || !mayCarryData(path)) continue;
    const size = path.mtu.probeDue(now);
    if (size === 0 || into.start + size > into.buffer.length || !hasRoom(path, now)) continue;
    sendProbe(state, path, size, now, into);
    return true;
  }
  return false;
}

function sendProbe(
  state: ConnectionState,
  path: Path,
  size: number,
  now: Instant,
  into: Transmit,
): void {
  const draft = beginShortPacket(state, path, into, into.start, into.start + size);
  draft.write({ type: 'ping' });
  draft.padTo(size);
  draft.remember({ type: 'mtu_probe', pathId: path.id, size });
  draft.finish(state.environment.workspace.sealTable, 0, path.id);
  const number = draft.packetNumber;
  sealOne(state, state.keys?.sealer, into);
  state.keys?.sealed(path.id, number, 1);
  path.ecnMarks.unmarked(number);
  packetSent(state, path, path.packets, draft, size, now);
  path.packets.attachProbe();
  path.mtu?.probeSent(size);
  finishTransmit(state, path, path.network, into, size, size, 1);
}
