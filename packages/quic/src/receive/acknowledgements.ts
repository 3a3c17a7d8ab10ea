import type { Duration, Instant } from '@mpquic/wire';
import { checkEarlyAcknowledgement } from '../handshake/early-data.ts';
import type { Path } from '../paths/path.ts';
import { Space } from '../recovery/loss-detection.ts';
import type { ConnectionState } from '../state.ts';
import { timerConditions } from '../timer-conditions.ts';
import { TransportError } from '../transport-error.ts';
import type { AckFields } from '../wire/frames.ts';
import type { ReceivedPacket } from './received-packet.ts';

/** Of Initial and Handshake packets, whatever was negotiated. RFC 9000 §18.2 */
const DEFAULT_ACK_DELAY_EXPONENT = 3;

/** Packets without anything but ACKs that were sent in a row: no answer is likely to take the next ACK along. */
const ONLY_ACKNOWLEDGING = 2;

/**
 * Whether the first of `count` ack-eliciting packets is acknowledged at once: few come per round trip, and this end has nothing
 * to say.
 */
export function acknowledgesEagerly(path: Path, now: Instant, count = 1): boolean {
  const few = path.arrivals.packetsReceived(count, now, path.smoothedRtt);
  return few && path.ackOnlyPackets >= ONLY_ACKNOWLEDGING;
}

/**
 * ACK or PATH_ACK: of the packet's own space, or of the 1-RTT packets of path `pathId`. One for a path
 * whose state is gone is ignored. RFC 9000 §19.3, MP-21 §4.1
 * @throws {TransportError} PROTOCOL_VIOLATION where it acknowledges what was never sent
 */
export function receiveAcknowledgement(
  state: ConnectionState,
  packet: ReceivedPacket,
  frame: AckFields,
  pathId: number,
): void {
  const path = state.paths.get(pathId);
  if (path === undefined) return;
  const { now, level } = packet;
  const space = level === 'initial' || level === 'handshake' ? Space[level] : Space.application;
  const { loss, rtt, congestion, pacer } = path.recovery;
  const largest = frame.ranges[1] as number;
  const previousLargest = path.packets.largestAcknowledged;
  const conditions = timerConditions(state, path);
  const delay = ackDelay(state, frame, space);
  if (space === Space.application) {
    checkEarlyAcknowledgement(state, frame.ranges[2 * frame.rangeCount - 2] as number);
  }
  if (!loss.ackReceived(space, frame.ranges, frame.rangeCount, delay, conditions, now)) {
    throw new TransportError('PROTOCOL_VIOLATION', 'acknowledges a packet that was never sent');
  }
  if (space === Space.application) {
    state.keys?.acknowledged(pathId, largest, packet.generation, now);
    if (largest > previousLargest) validateEcn(path, frame, now);
    noteAckPath(path, packet.path);
    if (path.mtu !== undefined && loss.ptoCount === 0) path.mtu.answered(now);
    if (path.suspect && path.recovery.loss.ptoCount === 0) recovered(state, path);
  } else if (space === Space.handshake && state.handshake !== undefined) {
    state.handshake.peerValidatedAddress = true;
  }
  pacer.update(congestion.congestionWindow, rtt.smoothed, congestion.inSlowStart, now);
  const { observer } = state;
  if (observer?.recoveryMetrics !== undefined) observer.recoveryMetrics(path.snapshot(), now);
}

function ackDelay(state: ConnectionState, frame: AckFields, space: Space): Duration {
  const exponent =
    space === Space.application && state.peer !== undefined
      ? state.peer.ackDelayExponent
      : DEFAULT_ACK_DELAY_EXPONENT;
  return frame.ackDelay * 2 ** exponent;
}

/** RFC 9000 §13.4.2 */
function validateEcn(path: Path, frame: AckFields, now: Instant): void {
  const { ecn, loss } = path.recovery;
  const largest = frame.ranges[1] as number;
  const marked = path.ecnMarks.takeAcknowledged();
  if (!ecn.acknowledged(marked, frame.ecn)) return;
  const timeSent = path.packets.timeSent(largest);
  if (timeSent !== undefined) loss.congestionExperienced(timeSent, now);
}

/** min_rtt is measured anew where acknowledgements come another way. MP-21 §5.2 */
function noteAckPath(path: Path, arrivedOn: Path): void {
  if (path.ackPathId === arrivedOn.id) return;
  if (path.ackPathId >= 0) path.recovery.rtt.restartMinimum();
  path.ackPathId = arrivedOn.id;
}

/** Something was acknowledged: the path carries packets again. */
function recovered(state: ConnectionState, path: Path): void {
  path.suspect = false;
  state.events.push({ type: 'path_suspect', pathId: path.id, suspect: false });
  state.observer?.pathUpdated?.(path.snapshot(), state.now);
}
