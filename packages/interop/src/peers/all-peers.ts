import type { Peer } from '../matrix.ts';
import { gtls } from './gtls.ts';
import { noq } from './noq.ts';
import { qpsk } from './qpsk.ts';

/** Every foreign stack that `mpq interop` knows, in the order of its matrix. */
export const peers: readonly Peer[] = [qpsk, gtls, noq];
