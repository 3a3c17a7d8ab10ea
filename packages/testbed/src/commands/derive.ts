import { nodeCryptoProvider } from '@mpquic/crypto';
import {
  AccessType,
  type DerivationInputs,
  type DerivationStep,
  deriveSolution,
  findSolution,
  findVariant,
  type InputName,
  inputParameters,
  type KeyName,
  MissingInput,
  type Solution,
  type SolutionDerivation,
  type SolutionVariant,
} from '@mpquic/keys';
import { fromHex, toHex, UsageError } from '@mpquic/wire';
import type { CommandModule } from 'yargs';
import { CommandFailure } from '../cli/failure.ts';
import { paint, printJson, printLines } from '../cli/output.ts';
import { formatTable } from '../cli/table.ts';

/** A derivation as `mpq derive --json` prints it; every byte string in lower-case hexadecimal. */
export interface DerivationDocument {
  readonly solution: string;
  readonly variant: string;
  readonly psk: string;
  readonly kid: string;
  readonly steps: readonly StepDocument[];
}

interface StepDocument {
  readonly name: string;
  /** The input key; empty where the step is no KDF. */
  readonly key: string;
  readonly fc: string;
  readonly s: string;
  readonly value: string;
  readonly keyName: string;
  readonly clause: string;
  readonly formula: string;
  /** Octets of the function's value that were taken: first, and behind the last. */
  readonly take: readonly [number, number];
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
}

/** Flags that are one text each. */
const FLAGS = {
  solution: 'Solution of the study: 1 to 6, or Y',
  variant: 'Reading of the solution; its first by default',
  supi: 'IMSI digits, with or without imsi-',
  'pdu-session-id': '1 to 15',
  'ul-nas-count': 'Uplink NAS COUNT of the request, 24 bits, decimal or 0x',
  access: '3gpp or non-3gpp: where the request was sent (variant access-bound)',
  'upf-id': 'FQDN or address of the UPF',
  'smf-instance-id': 'UUID of the SMF',
  'ue-ip': 'IP address of the MA PDU session',
  rand: 'Random number of Solution 6, 16 octets in hexadecimal',
  kid: 'Provisioned key identifier of Solution Y, hexadecimal',
} as const;
type Flag = keyof typeof FLAGS;

/** Which flag gives an input. */
const FLAG_OF: { readonly [name: string]: Flag } = {
  supi: 'supi',
  pduSessionId: 'pdu-session-id',
  ulNasCount: 'ul-nas-count',
  accessType: 'access',
  upfId: 'upf-id',
  smfInstanceId: 'smf-instance-id',
  ueIp: 'ue-ip',
  rand: 'rand',
  kid: 'kid',
};

/** An IMSI, or one of the other types of TS 33.501 A.7.0: a network access identifier by its @. */
const SUPI = {
  form: /^(?:(?:imsi-)?\d{5,15}|(?:nai-|gci-|gli-)?[^\s@]+@[^\s@]+|(?:gci|gli)-\S+)$/,
  what: 'an IMSI of 5 to 15 digits, nor a NAI, GCI or GLI',
} as const;
const UPF_IDENTITY = {
  form: /^(?=.{1,253}$)(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|[0-9a-f:.]+)$/i,
  what: 'a domain name or an IP address',
} as const;

const ROOT_KEYS: readonly KeyName[] = ['K_AMF', 'K_SEAF', 'K_gNB', 'K_SMF', 'PSK'];

export const deriveCommand: CommandModule = {
  command: 'derive',
  describe: 'PSK and KID of a solution, with every step: FC, S and value',
  builder: (parser) => {
    for (const [name, description] of Object.entries(FLAGS)) {
      parser.option(name, { string: true, description, requiresArg: true });
    }
    return parser
      .option('root', {
        string: true,
        array: true,
        description: `Root key NAME=HEX, NAME one of ${ROOT_KEYS.join(', ')}; repeatable`,
      })
      .option('json', { boolean: true, description: 'One JSON document' })
      .demandOption('solution')
      .example(
        'mpq derive --solution 4 --supi 001010123456789 --pdu-session-id 5 --ul-nas-count 7 --root K_AMF=7e9f97707cef48318df182a7f9e7ba838a6fb36ab83a7d1baf2610b97a5b9dcf',
        'K_UPF and KID of Solution 4',
      );
  },
  handler: (given) => {
    try {
      const result = derive(given);
      if (given['json']) printJson(derivationDocument(result.derivation));
      else printLines(report(result.solution, result.variant, result.derivation));
    } catch (error) {
      if (error instanceof UsageError) throw CommandFailure.usage(usageReason(error));
      throw error;
    }
  },
};

/** The JSON form of a derivation. */
function derivationDocument(derivation: SolutionDerivation): DerivationDocument {
  const { solution, variant, psk, kid, steps } = derivation;
  return { solution, variant, psk: toHex(psk), kid: toHex(kid), steps: steps.map(stepDocument) };
}

function stepDocument(step: DerivationStep): StepDocument {
  const { name, key, fc, s, value, keyName, clause, formula, take, parameters } = step;
  return {
    name,
    key: toHex(key),
    fc: toHex(fc),
    s: toHex(s),
    value: toHex(value),
    keyName,
    clause,
    formula,
    take,
    parameters: parameters.map((p) => ({ name: p.name, value: toHex(p.value) })),
  };
}

interface Derived {
  readonly solution: Solution;
  readonly variant: SolutionVariant;
  readonly derivation: SolutionDerivation;
}

function derive(given: Readonly<Record<string, unknown>>): Derived {
  const flag = (name: Flag): string | undefined => single(name, given[name]);
  const solution = findSolution(flag('solution') ?? '');
  const variant = findVariant(solution, flag('variant'));
  const inputs: DerivationInputs = {
    keys: rootKeys((given['root'] as readonly string[] | undefined) ?? []),
    ...optional('supi', formed('supi', SUPI, flag('supi'))),
    ...optional('pduSessionId', integer('pdu-session-id', flag('pdu-session-id'))),
    ...optional('ulNasCount', integer('ul-nas-count', flag('ul-nas-count'))),
    accessType: accessType(flag('access') ?? '3gpp'),
    ...optional('upfId', formed('upf-id', UPF_IDENTITY, flag('upf-id'))),
    ...optional('smfInstanceId', flag('smf-instance-id')),
    ...optional('ueIp', flag('ue-ip')),
    ...optional('rand', octets('--rand', flag('rand'))),
    ...optional('kid', octets('--kid', flag('kid'))),
  };
  checkAll(inputs);
  return {
    solution,
    variant,
    derivation: deriveSolution(nodeCryptoProvider, solution, variant.name, inputs),
  };
}

/** What is given must be well formed, whether this solution uses it or not. */
function checkAll(inputs: DerivationInputs): void {
  for (const [name, parameter] of Object.entries(inputParameters)) {
    if (inputs[name as InputName] !== undefined) parameter(inputs);
  }
}

function usageReason(error: UsageError): string {
  if (!(error instanceof MissingInput)) return error.message;
  const flag = FLAG_OF[error.input];
  return `${error.message}: give it with ${flag === undefined ? `--root ${error.input}=HEX` : `--${flag}`}`;
}

function formed(
  name: string,
  { form, what }: { readonly form: RegExp; readonly what: string },
  text: string | undefined,
): string | undefined {
  if (text === undefined || form.test(text)) return text;
  throw new UsageError(`--${name} ${text} is not ${what}`);
}

function single(name: string, value: unknown): string | undefined {
  if (Array.isArray(value)) throw new UsageError(`--${name} is given more than once`);
  return typeof value === 'string' ? value : undefined;
}

function optional<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [N in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]: Value });
}

function integer(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^(?:\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text)) {
    throw new UsageError(`--${name} ${text} is not a whole number`);
  }
  return Number(text);
}

function octets(what: string, text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined;
  try {
    return fromHex(text);
  } catch {
    throw new UsageError(`${what} is not an even number of hexadecimal digits`);
  }
}

function accessType(text: string): AccessType {
  if (text === '3gpp') return AccessType.threeGpp;
  if (text === 'non-3gpp') return AccessType.nonThreeGpp;
  throw new UsageError(`--access ${text} is neither 3gpp nor non-3gpp`);
}

/** Values never appear in a reason: they may be keys of a live network. */
function rootKeys(texts: readonly string[]): DerivationInputs['keys'] {
  const keys: { [Name in KeyName]?: Uint8Array } = {};
  for (const text of texts) {
    const [label, value] = text.split('=', 2);
    const name = ROOT_KEYS.find((known) => known.toLowerCase() === label?.toLowerCase());
    if (name === undefined || value === undefined) {
      throw new UsageError(`--root takes NAME=HEX with NAME one of ${ROOT_KEYS.join(', ')}`);
    }
    if (keys[name] !== undefined) throw new UsageError(`--root ${name} is given more than once`);
    const key = octets(`--root ${name}`, value);
    if (key?.length !== 32) {
      throw new UsageError(`--root ${name} has ${key?.length} octets instead of 32`);
    }
    keys[name] = key;
  }
  return keys;
}

function report(
  solution: Solution,
  variant: SolutionVariant,
  { psk, kid, steps }: SolutionDerivation,
): string[] {
  const lines = [
    paint('bold', `Solution #${solution.id} (${solution.clause}): ${solution.title}`),
    `variant ${variant.name}: ${variant.description}`,
    ...(variant.trap ? [paint('yellow', 'this reading of the text is known to be wrong')] : []),
    '',
  ];
  for (const step of steps) {
    const taken = step.take[0] === 0 ? '' : `, octets ${step.take[0]} to ${step.take[1] - 1}`;
    const how =
      step.formula === 'KDF'
        ? `KDF(${step.keyName}, S)${taken}   FC ${toHex(step.fc)}   ${step.clause}`
        : `${step.formula}   ${step.clause}`;
    lines.push(`${paint('cyan', step.name)} = ${how}`);
    const rows = step.parameters.map((p, i) => [
      `  P${i}`,
      p.name,
      toHex(p.value),
      (p.length ?? p.value.length).toString(16).padStart(4, '0'),
    ]);
    const [, , ...cells] = formatTable(
      [{ title: '' }, { title: '' }, { title: '' }, { title: '' }],
      rows,
    );
    lines.push(...cells, `  S     ${toHex(step.s)}`, `  value ${toHex(step.value)}`, '');
  }
  lines.push(`PSK ${toHex(psk)}`, `KID ${toHex(kid)}`, '', "This testbed's choices:");
  for (const { topic, choice } of solution.choices) lines.push(`  ${topic}: ${choice}`);
  return lines;
}
