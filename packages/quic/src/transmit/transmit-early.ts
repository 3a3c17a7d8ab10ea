import type { Instant, Transmit } from '@mpquic/wire';
import type { ConnectionState } from '../state.ts';
import { writeSharedFrames } from './packet-filling.ts';
import { beginEarlyPacket, finishTransmit, packetSent, sealOne } from './packet-sending.ts';
import { hasRoom, hasSharedWork } from './path-choice.ts';

/**
 * One 0-RTT packet of a client; false where there is nothing to send, or the server has said yes or no:
 * then data go in 1-RTT packets, with the server's new limits (RFC 9000 §7.4.1). It holds neither acknowledgements nor frames about paths. RFC 9000 §12.4, §17.2.3
 */
export function transmitEarly(state: ConnectionState, now: Instant, into: Transmit): boolean {
  const { early } = state;
  if (early?.outcome !== 'offered') return false;
  const { sealer } = early.keys;
  const path = state.paths.get(0);
  if (sealer === undefined || path === undefined || !hasRoom(path, now)) return false;
  if (!hasSharedWork(state) && state.datagramsToSend.length === 0) return false;
  const { start } = into;
  const draft = beginEarlyPacket(
    state,
    path,
    early.version,
    into,
    start,
    start + path.maxDatagramSize,
  );
  writeSharedFrames(state, path, draft);
  if (draft.isEmpty) return false;
  const size = draft.finish(state.environment.workspace.sealTable, 0, 0);
  sealOne(state, sealer, into);
  packetSent(state, path, path.packets, draft, size, now);
  finishTransmit(state, path, path.network, into, size, size, 1);
  return true;
}
