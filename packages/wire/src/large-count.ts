/**
 * Where a count begins that outgrows 2^31, such as the octets of a transfer: minus zero, which is zero in every sum. An engine
 * keeps a property that begins with it as a floating-point number from the start. One that begins with the integer 0 turns
 * into that when it outgrows 32 bits, and all code that touches its object is compiled anew, in the midst of the transfer.
 */
export const LARGE_COUNT_START: number = -0;

/**
 * What a property holds that gets its first number in a constructor and fractions later, such as a rate or a smoothed time: minus
 * zero again. One that begins as undefined may hold anything: then each fraction that is stored becomes an object of its own.
 */
export const FRACTION_START: number = -0;
