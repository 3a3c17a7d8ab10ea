import type { QuicSession } from '@mpquic/endpoint';

/** Datagrams that wait to be sent: fewer than the connection drops the oldest of. */
const QUEUE_LENGTH = 200;

/**
 * Keeps datagrams waiting, so that congestion control alone says how many are on their way. To be called whenever one
 * was settled: at the end of the turn as many are sent as fit.
 * @param send false where the datagram was not taken
 */
export function keepQueueFull(session: QuicSession, send: () => boolean): () => void {
  let sent = Number(session.stats.datagramsSent);
  let scheduled = false;
  const fill = (): void => {
    scheduled = false;
    let queued = sent - Number(session.stats.datagramsSent);
    for (; queued < QUEUE_LENGTH && send(); queued++) sent += 1;
  };
  return () => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(fill);
  };
}
