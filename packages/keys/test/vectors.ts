import { readFileSync } from 'node:fs';
import { fromHex } from '@mpquic/wire';

interface AkaSet {
  readonly id: string;
  readonly K: string;
  readonly RAND: string;
  readonly SQN: string;
  readonly AMF: string;
}

interface MilenageSet extends AkaSet {
  readonly OP: string;
  readonly OPc: string;
  readonly f1: string;
  readonly f1star: string;
  readonly f2_RES: string;
  readonly f3_CK: string;
  readonly f4_IK: string;
  readonly f5_AK: string;
  readonly f5star_AK: string;
}

interface TuakSet extends AkaSet {
  readonly TOP: string;
  readonly TOPc: string;
  readonly LEN_MAC?: 64 | 128 | 256;
  readonly LEN_RES?: 32 | 64 | 128 | 256;
  readonly LEN_CK?: 128 | 256;
  readonly LEN_IK?: 128 | 256;
  readonly keccakIterations: number;
  readonly f1?: string;
  readonly f1star?: string;
  readonly f2_RES?: string;
  readonly f3_CK?: string;
  readonly f4_IK?: string;
  readonly f5_AK?: string;
  readonly f5star_AK?: string;
}

interface KdfVector {
  readonly id: string;
  readonly KEY: string;
  readonly FC: string;
  readonly P: readonly { readonly name: string; readonly hex: string; readonly L: string }[];
  readonly S: string;
  readonly output_octets: readonly [number, number];
  readonly expected: string;
}

interface SuciSet {
  readonly id: string;
  readonly schemeId: string;
  readonly supi: { readonly mccMnc?: string; readonly msin?: string; readonly nai?: string };
  readonly keys?: { readonly [name: string]: string };
  readonly schemeInput: string;
  readonly schemeOutput: string;
}

interface SolutionSample {
  readonly id: string;
  readonly S?: string;
  readonly FC?: string;
  readonly value: string;
}

interface Vectors {
  readonly milenage_TS35208_conformance: { readonly sets: readonly MilenageSet[] };
  readonly milenage_TS35207_implementors: { readonly sets: readonly MilenageSet[] };
  readonly tuak_TS35232: {
    readonly keccak_f1600: readonly {
      readonly id: string;
      readonly in: string;
      readonly out: string;
    }[];
    readonly sets: readonly TuakSet[];
  };
  readonly kdf: readonly KdfVector[];
  readonly suci_ecies_TS33501_C4: { readonly sets: readonly SuciSet[] };
  readonly solution_samples: {
    readonly inputs: { readonly [name: string]: string | number };
    readonly values: readonly SolutionSample[];
  };
  readonly fiveg_aka_wmnsk: { readonly [name: string]: string };
  readonly kasme: { readonly [name: string]: string };
  readonly hmac_sha256: { readonly key: string; readonly message: string; readonly mac: string };
}

const file = new URL('../../test/vectors/3gpp.json', import.meta.url);

/** Public test vectors of TS 35.207/208/232, TS 33.501 and of open projects; each names its source. */
export const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'));

/** A member of the loosely shaped parts of the file, such as nested chains. */
export function member(value: unknown, ...path: readonly string[]): string {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !(name in at)) throw new Error(`no ${name}`);
    at = (at as { readonly [name: string]: unknown })[name];
  }
  if (typeof at !== 'string') throw new Error(`${path.join('.')} is no string`);
  return at;
}

export const hex: (text: string) => Uint8Array = fromHex;
