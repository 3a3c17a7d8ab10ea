import { ByteReader, ByteWriter, fromUtf8, Secret, UnexpectedEnd, utf8 } from '@mpquic/wire';
import { MalformedValue } from '../errors.ts';
import { type Plmn, plmn } from './plmn.ts';
import type { ConfigurationContainer } from './protocol-configuration.ts';

/**
 * Operator-specific containers that carry what the solutions of the study invent. Testbed encoding: no
 * specification allocates them (TS 24.008 Table 10.5.154 leaves 0xff00 to 0xffff to operators).
 */
export const PskContainerId = {
  /** UE to network: which solutions the UE can run (solutions #1 and #5). */
  capability: 0xff01,
  /** Network to UE: Using_PSK_indication of solution #4, and the inputs of the other solutions. */
  indication: 0xff02,
  /** Network to UE: the key itself, or the random number it is derived from (solution #6). */
  keyDelivery: 0xff03,
  /** UE to network: a new key is wanted (solution #6). */
  renewalRequest: 0xff04,
} as const;
export type PskContainerId = (typeof PskContainerId)[keyof typeof PskContainerId];

/** Parameters of any PSK container; each container uses those that its solution needs. */
export interface PskParameters {
  /** Leads the content of every operator-specific container. */
  readonly plmn: Plmn;
  /** Solutions the UE supports, as `1` to `6` and `Y`. */
  readonly solutions?: readonly SolutionId[];
  readonly usingPsk?: boolean;
  readonly solution?: SolutionId;
  readonly variant?: string;
  /** 0 raw (`ext binder`), 1 imported (`imp binder`, RFC 9258). */
  readonly pskMode?: number;
  /** Instance identifier of the SMF: a UUID in lower case (solutions #2, #3). */
  readonly smfInstanceId?: string;
  /** FQDN of the UPF (solution #1). */
  readonly upfId?: string;
  /** NAS COUNT that entered the derivation, 32 bits. */
  readonly count?: number;
  /** Freshness nonce of solution #1 or RAND of solution #6, 16 octets. */
  readonly random?: Uint8Array;
  /** PSK identity chosen by the network. */
  readonly kid?: Uint8Array;
  /** Solution #6 as written: the key itself. Never shown by JSON, logs or inspectors. */
  readonly psk?: Secret;
  /** Counts the keys of one session. */
  readonly generation?: number;
  /** Seconds. */
  readonly lifetime?: number;
}

/** A solution of the study. */
export type SolutionId = '1' | '2' | '3' | '4' | '5' | '6' | 'Y';

const SOLUTIONS: readonly SolutionId[] = ['1', '2', '3', '4', '5', '6', 'Y'];

/** The container that carries `parameters`. @throws {UsageError} where they exceed 255 octets */
export function pskContainer(
  identifier: PskContainerId,
  parameters: PskParameters,
): ConfigurationContainer {
  const writer = new ByteWriter(64);
  plmn.write(writer, parameters.plmn);
  for (const row of PARAMETERS) row.write(writer, parameters);
  return { identifier, content: writer.finish() };
}

/** The parameters of the first container with `identifier`, or `undefined` where it is absent or malformed. */
export function findPskParameters(
  containers: readonly ConfigurationContainer[] | undefined,
  identifier: PskContainerId,
): PskParameters | undefined {
  const found = containers?.find((container) => container.identifier === identifier);
  return found === undefined ? undefined : readParameters(found.content);
}

function readParameters(content: Uint8Array): PskParameters | undefined {
  const reader = new ByteReader(content);
  const fields: Record<string, unknown> = {};
  try {
    const home = plmn.read(reader);
    while (reader.remaining > 0) {
      const tag = reader.uint8();
      const value = reader.bytes(reader.uint8());
      const row = PARAMETERS.find((candidate) => candidate.tag === tag);
      if (row !== undefined) fields[row.name] = row.read(value);
    }
    return { ...fields, plmn: home };
  } catch (error) {
    if (error instanceof UnexpectedEnd || error instanceof MalformedValue) return undefined;
    throw error;
  }
}

interface ParameterRow {
  readonly tag: number;
  readonly name: keyof PskParameters;
  read(value: Uint8Array): unknown;
  write(writer: ByteWriter, parameters: PskParameters): void;
}

function parameter<K extends keyof PskParameters>(
  tag: number,
  name: K,
  read: (value: Uint8Array) => Exclude<PskParameters[K], undefined>,
  octets: (value: Exclude<PskParameters[K], undefined>) => Uint8Array,
): ParameterRow {
  return {
    tag,
    name,
    read,
    write(writer, parameters) {
      const value = parameters[name];
      if (value === undefined) return;
      writer.uint8(tag).vector(1, (body) => {
        body.bytes(octets(value as Exclude<PskParameters[K], undefined>));
      });
    },
  };
}

const same = (value: Uint8Array): Uint8Array => value;
const octet = (value: number): Uint8Array => Uint8Array.of(value);
const uint32Octets = (value: number): Uint8Array => new ByteWriter(4).uint32(value).finish();

function firstOctet(value: Uint8Array): number {
  return new ByteReader(value).uint8();
}

function uint32(value: Uint8Array): number {
  return new ByteReader(value).uint32();
}

function solutionOf(value: Uint8Array): SolutionId {
  const solution = SOLUTIONS[firstOctet(value) - 1];
  if (solution === undefined) throw new MalformedValue('no such solution');
  return solution;
}

/** Parameters as tag, length of one octet, value. */
const PARAMETERS: readonly ParameterRow[] = [
  parameter(
    1,
    'solutions',
    (value) => SOLUTIONS.filter((_, i) => (firstOctet(value) & (1 << i)) !== 0),
    (ids) => octet(ids.reduce((bits, id) => bits | (1 << SOLUTIONS.indexOf(id)), 0)),
  ),
  parameter(
    2,
    'usingPsk',
    (value) => firstOctet(value) !== 0,
    (using) => octet(using ? 1 : 0),
  ),
  parameter(3, 'solution', solutionOf, (id) => octet(SOLUTIONS.indexOf(id) + 1)),
  parameter(4, 'variant', fromUtf8, utf8),
  parameter(5, 'pskMode', firstOctet, octet),
  parameter(6, 'smfInstanceId', fromUtf8, utf8),
  parameter(7, 'upfId', fromUtf8, utf8),
  parameter(8, 'count', uint32, uint32Octets),
  parameter(9, 'random', same, same),
  parameter(10, 'kid', same, same),
  parameter(
    11,
    'psk',
    (value) => new Secret(value),
    (secret) => secret.reveal(),
  ),
  parameter(12, 'generation', uint32, uint32Octets),
  parameter(13, 'lifetime', uint32, uint32Octets),
];
