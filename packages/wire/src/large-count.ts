/**
 * Where a count begins that outgrows 2^31, such as the octets of a transfer: minus zero, which is zero in every sum. An engine
 * keeps a property that begins with it as a floating-point number from the start. One that begins with the integer 0 turns
 * into that when it outgrows 32 bits, and all code that touches its object is compiled anew, in the midst of the transfer.
 */
export const LARGE_COUNT_START: number = -0;
