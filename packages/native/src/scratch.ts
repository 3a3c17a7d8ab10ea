/** Octets of {@link Scratch.memory}. */
export const SCRATCH_LENGTH = 4096;

/**
 * Memory through which small inputs and outputs of the addon go. Small arrays of their own would each be
 * moved out of the JavaScript heap when the addon looks at them, which costs more than a hash.
 */
export class Scratch {
  readonly memory: Uint8Array = new Uint8Array(SCRATCH_LENGTH);

  /** A copy of the first `length` octets. */
  read(length: number): Uint8Array {
    return this.memory.slice(0, length);
  }

  /** A copy of the first `wanted` octets; the first `length` are wiped. */
  take(length: number, wanted: number = length): Uint8Array {
    const taken = this.memory.slice(0, wanted);
    this.memory.fill(0, 0, length);
    return taken;
  }
}
