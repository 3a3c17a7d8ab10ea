import { Secret } from '@mpquic/wire';
import { grouped, type Ie, octetsIe, uint32Ie } from '../codec/ie.ts';
import { conditional, mandatory } from '../codec/member.ts';
import { MalformedIe } from '../errors.ts';

/** Private enterprise number for documentation, RFC 5612: these elements belong to no vendor. */
export const TESTBED_ENTERPRISE = 32473;

/** Types of the vendor-specific elements of the testbed; none is standardised. */
export const PskIeType = {
  delivery: 0x8001,
  kid: 0x8002,
  psk: 0x8003,
  solution: 0x8004,
  hash: 0x8005,
  lifetime: 0x8006,
  generation: 0x8007,
  operation: 0x8008,
  mode: 0x8009,
  importContext: 0x800a,
  request: 0x8010,
} as const;

/** A solution of the study. */
export type SolutionId = '1' | '2' | '3' | '4' | '5' | '6' | 'Y';

/** What the UP function does with the key. */
export type PskOperation = 'add' | 'replace' | 'delete';

const OPERATION_BIT: { readonly [O in PskOperation]: number } = { replace: 1, add: 2, delete: 4 };
const KEEP_OLD_BIT = 8;

/** The operation, and whether the previous key stays until the new one is used. */
export interface PskFlags {
  readonly operation: PskOperation;
  readonly keepOldUntilUsed: boolean;
}

/** A key for the MPQUIC proxy: installed, replaced or deleted. Testbed encoding, after the form of type 393. */
export interface PskDelivery {
  /** PSK identity as it travels in the ClientHello. */
  readonly kid: Uint8Array;
  /** Absent with `delete`. Never shown by JSON, logs or inspectors. */
  readonly psk?: Secret;
  readonly flags: PskFlags;
  readonly solution?: SolutionId;
  readonly hash?: 'sha256' | 'sha384';
  /** Seconds; the key is refused afterwards. */
  readonly lifetime?: number;
  /** Counts the keys of one session. */
  readonly generation?: number;
  /** Used as it is, or through the importer of RFC 9258. */
  readonly mode?: 'raw' | 'imported';
  /** `context` of RFC 9258 §5.1 with mode `imported`. */
  readonly importContext?: Uint8Array;
}

/** The UP function asks for a key (solution #6), in a Session Report Request. */
export interface PskRequest {
  /** The identity that is to be renewed, where there is one. */
  readonly kid?: Uint8Array;
  readonly solution?: SolutionId;
  readonly generation?: number;
}

function vendor<T>(ie: Ie<T>): Ie<T> {
  return { ...ie, enterprise: TESTBED_ENTERPRISE };
}

const kid: Ie<Uint8Array> = vendor(octetsIe(PskIeType.kid, 'KID'));

const psk: Ie<Secret> = vendor({
  type: PskIeType.psk,
  name: 'PSK',
  read(reader) {
    if (reader.remaining === 0) throw new MalformedIe('an empty key');
    return new Secret(reader.rest());
  },
  write: (writer, secret) => writer.bytes(secret.reveal()),
});

function choice<C extends string>(
  type: number,
  name: string,
  values: { readonly [V in C]: number },
): Ie<C> {
  const names = Object.keys(values) as C[];
  return vendor({
    type,
    name,
    read(reader) {
      const code = reader.uint8();
      const found = names.find((candidate) => values[candidate] === code);
      if (found === undefined) throw new MalformedIe(`${name} ${code}`);
      return found;
    },
    write: (writer, value) => writer.uint8(values[value]),
  });
}

const hash: Ie<'sha256' | 'sha384'> = choice(PskIeType.hash, 'Hash', { sha256: 1, sha384: 2 });
const solution: Ie<SolutionId> = choice(PskIeType.solution, 'Solution', {
  '1': 1,
  '2': 2,
  '3': 3,
  '4': 4,
  '5': 5,
  '6': 6,
  Y: 7,
});
const mode: Ie<'raw' | 'imported'> = choice(PskIeType.mode, 'PSK Mode', { raw: 0, imported: 1 });

const operation: Ie<PskFlags> = vendor({
  type: PskIeType.operation,
  name: 'PSK Operation',
  read(reader) {
    const octet = reader.uint8();
    const found = (Object.keys(OPERATION_BIT) as PskOperation[]).filter(
      (candidate) => (octet & OPERATION_BIT[candidate]) !== 0,
    );
    const [only] = found;
    if (only === undefined || found.length > 1) throw new MalformedIe('no single operation');
    return { operation: only, keepOldUntilUsed: (octet & KEEP_OLD_BIT) !== 0 };
  },
  write(writer, flags) {
    writer.uint8(OPERATION_BIT[flags.operation] | (flags.keepOldUntilUsed ? KEEP_OLD_BIT : 0));
  },
});

const lifetime: Ie<number> = vendor(uint32Ie(PskIeType.lifetime, 'Lifetime'));
const generation: Ie<number> = vendor(uint32Ie(PskIeType.generation, 'Generation'));
const importContext: Ie<Uint8Array> = vendor(octetsIe(PskIeType.importContext, 'Import Context'));

export const pskDelivery: Ie<PskDelivery> = vendor(
  grouped<PskDelivery>(PskIeType.delivery, 'PSK Delivery', [
    mandatory('kid', kid),
    conditional('psk', psk),
    mandatory('flags', operation),
    conditional('solution', solution),
    conditional('hash', hash),
    conditional('lifetime', lifetime),
    conditional('generation', generation),
    conditional('mode', mode),
    conditional('importContext', importContext),
  ]),
);

export const pskRequest: Ie<PskRequest> = vendor(
  grouped<PskRequest>(PskIeType.request, 'PSK Request', [
    conditional('kid', kid),
    conditional('solution', solution),
    conditional('generation', generation),
  ]),
);
