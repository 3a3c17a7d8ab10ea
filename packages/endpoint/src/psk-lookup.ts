import type { ExternalPsk, PskStore } from '@mpquic/tls';

type Found = readonly (ExternalPsk | undefined)[];

/**
 * Asks `store` and calls `answer` once: at once where the store answers at once. A store that fails
 * (throws, rejects) counts as one that knows none of the identities.
 */
export function answerLookup(
  store: PskStore | undefined,
  identities: readonly Uint8Array[],
  answer: (psks: Found, failure?: unknown) => void,
): void {
  const none = identities.map(() => undefined);
  if (store === undefined) {
    answer(none);
    return;
  }
  let found: Found | Promise<Found>;
  try {
    found = store.lookup(identities);
  } catch (error) {
    answer(none, error);
    return;
  }
  if (!(found instanceof Promise)) {
    answer(found);
    return;
  }
  found.then(
    (psks) => answer(psks),
    (error: unknown) => answer(none, error),
  );
}
