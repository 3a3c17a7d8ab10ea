import { Ecn, type Instant } from '@mpquic/wire';
import type { Path } from '../paths/path.ts';
import type { ConnectionState } from '../state.ts';
import { hasStreamControl } from '../transfer/stream-sending.ts';
import { owesProbe } from './path-choice.ts';

/**
 * Whether nothing is to be sent on `path` but octets of streams and datagrams, and nobody looks: then packets may be made
 * by the run, and what holds for one of them is asked once.
 */
export function onlyDataWaits(state: ConnectionState, path: Path, now: Instant): boolean {
  return (
    state.outbox.isEmpty &&
    state.applicationCrypto?.hasFrame !== true &&
    !hasStreamControl(state) &&
    state.observer?.packetSent === undefined &&
    owesNothing(state, path, now)
  );
}

/** The path has nothing to say of its own. */
function owesNothing(state: ConnectionState, path: Path, now: Instant): boolean {
  const { validation, acks } = path;
  return (
    !acks.isDue(now) &&
    validation.owedResponse === undefined &&
    !validation.challengeDue(now) &&
    !path.pingOwed &&
    !owesProbe(path) &&
    !path.suspect &&
    (state.paths.list.length === 1 || !anyAckDue(state, now))
  );
}

function anyAckDue(state: ConnectionState, now: Instant): boolean {
  const { list } = state.paths;
  for (let i = 0; i < list.length; i++) if ((list[i] as Path).acks.isDue(now)) return true;
  return false;
}

/** What congestion control, pacing, the record of packets and the next number to be skipped allow. */
export function packetsAllowed(path: Path, size: number, now: Instant): number {
  const { congestion, pacer } = path.recovery;
  return Math.min(
    Math.floor(congestion.room / path.maxDatagramSize),
    pacer.packets(size, now),
    path.packets.room,
    path.packetsUntilSkip - 1,
  );
}

/** Takes note of `count` packets in flight, of `size` octets each, beside what each of them delivers. */
export function noteRun(
  state: ConnectionState,
  path: Path,
  count: number,
  size: number,
  now: Instant,
): void {
  const { loss, pacer, ecn } = path.recovery;
  loss.packetSent(count * size, now);
  pacer.packetSent(count * size, now);
  if (ecn.mark !== Ecn.notEct) {
    ecn.markedPacketSent(count);
    path.ecnMarks.sent(path.packets.nextNumber - count, false);
  }
  path.packetsUntilSkip -= count;
  path.ackOnlyPackets = 0;
  path.packetsSent += count;
  state.counters.packetsSent += count;
  if (!state.sentSinceReceived) {
    state.sentSinceReceived = true;
    state.idleSince = now;
  }
}
