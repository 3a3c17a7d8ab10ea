import type { QuicSession } from '@mpquic/endpoint';
import { toHex } from '@mpquic/wire';
import { updateKey } from '../quic/update-key.ts';

/** Prints one event. */
export function tell(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}

/** Tells what happens to a session, and updates its keys where that is asked for. */
export function report(session: QuicSession, keyUpdate: boolean): void {
  session.opened.then(
    ({ cipher, group, psk, resumed }) => {
      const identityHex = psk === undefined ? undefined : toHex(psk.identity);
      tell('handshake', { cipher, group, resumed, identityHex, pskMode: psk?.mode });
    },
    () => undefined,
  );
  const closed = (): void => tell('closed', { ...session.closeReason });
  session.closed.then(closed, closed);
  session.onkeyupdate = ({ by }) => tell('key_update', { by });
  if (keyUpdate) updateKey(session).catch(() => undefined);
}
