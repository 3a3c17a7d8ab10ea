/** Resolves after a stand-in for the time that a message takes; at once for 0. */
export function travel(milliseconds: number): Promise<void> {
  if (milliseconds <= 0) return Promise.resolve();
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Runs `deliver` after the time that a message takes, in the order of the calls; now for 0. */
export function afterTravel(milliseconds: number, deliver: () => void): void {
  if (milliseconds <= 0) deliver();
  else setTimeout(deliver, milliseconds);
}
