import type { QuicSession } from '@mpquic/endpoint';

/** Three probe timeouts of a machine with much else to do are no short time. RFC 9001 §6.5 */
const LIMIT_MS = 20_000;

/** Updates keys as soon as they may be, until the session ends. RFC 9001 §6.1 */
export async function updateKey(session: QuicSession): Promise<void> {
  await session.confirmed;
  const end = performance.now() + LIMIT_MS;
  while (!session.destroyed) {
    try {
      session.updateKey();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
