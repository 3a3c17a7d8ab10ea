import type { QuicSession } from '@mpquic/endpoint';

const TRIES = 400;

/** Updates keys as soon as they may be, until the session ends. RFC 9001 §6.1 */
export async function updateKey(session: QuicSession): Promise<void> {
  await session.confirmed;
  for (let tries = 0; !session.destroyed; tries++) {
    try {
      session.updateKey();
      return;
    } catch (error) {
      if (tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
