/** Whether the next datagram is lost: by chance, but alike for every use of a seed. `percent`: 0 to 100. */
export function lossPattern(seed: number, percent: number): () => boolean {
  const limit = (percent / 100) * 2 ** 32;
  // Marsaglia's xorshift, whose state is never 0; neighbouring seeds are spread first.
  let state = Math.imul(seed + 1, 0x9e37_79b1) | 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return () => next() < limit;
}
