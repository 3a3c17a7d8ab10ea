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
  if (store === undefined) {
    answer(noneOf(identities));
    return;
  }
  let found: Found | Promise<Found>;
  try {
    found = store.lookup(identities);
  } catch (error) {
    answer(noneOf(identities), error);
    return;
  }
  if (!(found instanceof Promise)) {
    answer(found);
    return;
  }
  found.then(
    (psks) => answer(psks),
    (error: unknown) => answer(noneOf(identities), error),
  );
}

function noneOf(identities: readonly Uint8Array[]): Found {
  return identities.map(() => undefined);
}
