import { utf8 } from '@mpquic/wire';
import { type ExternalPsk, InMemoryPskStore, type PskStore } from '../src/index.ts';
import { testPsk } from './pair.ts';

export const key = (seed: number): Uint8Array => new Uint8Array(32).fill(seed);
export const psk1: ExternalPsk = testPsk({ identity: utf8('psk1'), key: key(1) });
export const psk2: ExternalPsk = testPsk({ identity: utf8('psk2'), key: key(2) });
export const store = (...psks: readonly ExternalPsk[]): PskStore => new InMemoryPskStore(psks);
