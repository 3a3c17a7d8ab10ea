import { type Ie, uint32Ie } from '../codec/ie.ts';

/** Forwarding action rule identifier, 32 bits. TS 29.244 §8.2.74 */
export const farId: Ie<number> = uint32Ie(108, 'FAR ID');
