import type { Instant, Transmit } from '@mpquic/wire';
import type { Path } from '../paths/path.ts';
import type { ConnectionState } from '../state.ts';
import { beginShortPacket, finishTransmit, packetSent, sealOne } from './packet-sending.ts';
import { hasRoom, mayCarryData } from './path-choice.ts';

/** Whether the path is to find out if it takes larger datagrams again. */
export function owesSizeProbe(path: Path, now: Instant): boolean {
  return path.sizeProbe.isDue(now) && !path.suspect && mayCarryData(path) && hasRoom(path, now);
}

/** A PING in a datagram of the size in question, whose loss loses nothing; false where it has no room. RFC 8899 §4.1 */
export function transmitSizeProbe(
  state: ConnectionState,
  path: Path,
  now: Instant,
  into: Transmit,
): boolean {
  const { size } = path.sizeProbe;
  const room = Math.min(path.network.amplification.allowance, into.buffer.length - into.start);
  if (size > room) return false;
  path.sizeProbe.sent(now);
  const draft = beginShortPacket(state, path, into, into.start, into.start + size);
  draft.write({ type: 'ping' });
  draft.remember({ type: 'size_probe', pathId: path.id, size });
  draft.padTo(size);
  const length = draft.finish(state.environment.workspace.sealTable, 0, path.id);
  const first = draft.packetNumber;
  sealOne(state, state.keys?.sealer, into);
  state.keys?.sealed(path.id, first, 1);
  packetSent(state, path, path.packets, draft, length, now);
  finishTransmit(state, path, path.network, into, length, length, 1);
  return true;
}
