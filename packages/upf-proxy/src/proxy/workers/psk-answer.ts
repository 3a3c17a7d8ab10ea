import type { ExternalPsk, PskStore } from '@mpquic/tls';
import type { KnownSession } from '../proxy-plane.ts';
import type { FoundPsk } from './worker-messages.ts';

/** What a worker is told of a session. */
export function mirrored({ seid, addresses, pdrs, mars }: KnownSession): KnownSession {
  return { seid, addresses: { ue: addresses.ue }, pdrs, mars };
}

export interface PskAnswerOptions {
  readonly psks: PskStore;
  readonly sessionOf: (kid: Uint8Array) => KnownSession | undefined;
}

/** The answer to a worker's lookup, and the keys in it, whose memory goes to the worker: no copy stays behind. */
export interface PskAnswer {
  readonly found: readonly (FoundPsk | undefined)[];
  readonly keys: readonly ArrayBuffer[];
}

/** Looks PSKs up for a worker; calls `answer` once, at once where the store answers at once. */
export function lookUpFor(
  { psks, sessionOf }: PskAnswerOptions,
  identities: readonly Uint8Array[],
  answer: (answer: PskAnswer) => void,
): void {
  const give = (found: readonly (ExternalPsk | undefined)[]): void => {
    const keys: ArrayBuffer[] = [];
    const copies = found.map((psk) => {
      if (psk === undefined) return undefined;
      const key = Uint8Array.from(psk.key);
      keys.push(key.buffer);
      const session = sessionOf(psk.identity);
      return {
        psk: { ...psk, identity: psk.identity.slice(), key },
        session: session && mirrored(session),
      };
    });
    answer({ found: copies, keys });
  };
  const found = psks.lookup(identities);
  if (found instanceof Promise) {
    found.then(give, () => give(identities.map(() => undefined)));
  } else give(found);
}
