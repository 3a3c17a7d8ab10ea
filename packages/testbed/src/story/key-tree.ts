import type { KeyDerived, KeyReceived, Lifeline, TimedRoleEvent } from '@mpquic/service';
import { toHex } from '@mpquic/wire';
import { paint } from '../cli/output.ts';

const SHORT_OCTETS = 4;
const NAME_COLUMN = 30;
const WIDTH = 120;
const MIN_ROOM = 60;

export interface KeyTreeOptions {
  /** Keys whole; otherwise their first {@link SHORT_OCTETS} octets. */
  readonly showSecrets: boolean;
  /** Columns of the terminal; as a document has them when absent. */
  readonly width?: number | undefined;
}

/** One value of the hierarchy, whoever derived it under whatever name. */
interface KeyNode {
  /** `K_UPF`, and `PSK` where it was handed on as that. */
  readonly names: Set<string>;
  readonly step: KeyDerived | undefined;
  readonly value: Uint8Array | undefined;
  readonly secret: boolean;
  readonly derivedBy: Set<Lifeline>;
  readonly receivedBy: Set<Lifeline>;
  readonly children: KeyNode[];
}

/**
 * The key hierarchy of a run as a tree: each key below the one that it was derived from, with FC and the
 * octets of S, who derived it, and who received it in a message.
 */
export function drawKeyTree(events: readonly TimedRoleEvent[], options: KeyTreeOptions): string[] {
  const roots = keyTree(events);
  return roots.flatMap((root) => drawNode(root, '', '', options));
}

function keyTree(events: readonly TimedRoleEvent[]): readonly KeyNode[] {
  const roots: KeyNode[] = [];
  const byValue = new Map<string, KeyNode>();
  /** What a party last had under a name: K_AMF of now, not of before the re-authentication. */
  const latest = new Map<string, KeyNode>();
  const nodeOf = (event: KeyDerived | KeyReceived): KeyNode => {
    // The same value under two roots is one key: UE and network derived it independently.
    const known = byValue.get(toHex(event.value));
    if (known !== undefined && event.value.length > 0) return known;
    const step = event.type === 'key' ? event : undefined;
    const node = newNode(step, event.value, event.secret);
    byValue.set(toHex(event.value), node);
    siblingsOf(step, latest, roots).push(node);
    return node;
  };
  for (const event of events) {
    if (event.type !== 'key' && event.type !== 'key_received') continue;
    const node = nodeOf(event);
    node.names.add(event.name);
    (event.type === 'key' ? node.derivedBy : node.receivedBy).add(event.holder);
    latest.set(`${event.holder} ${event.name}`, node);
  }
  const secrets = [...byValue.values()].filter(({ secret }) => secret);
  for (const node of secrets) addReceivers(node, events);
  return roots;
}

function newNode(
  step: KeyDerived | undefined,
  value: Uint8Array | undefined,
  secret: boolean,
): KeyNode {
  return {
    names: new Set(),
    step,
    value,
    secret,
    derivedBy: new Set(),
    receivedBy: new Set(),
    children: [],
  };
}

/** Where a step belongs: below its key, which is a root without a value where no step made it. */
function siblingsOf(
  step: KeyDerived | undefined,
  latest: Map<string, KeyNode>,
  roots: KeyNode[],
): KeyNode[] {
  // An identifier may be of no key at all, such as a hash of the SUPI.
  if (!step?.key) return roots;
  const parent =
    latest.get(`${step.holder} ${step.key}`) ??
    roots.find(({ names }) => names.has(step.key ?? ''));
  if (parent !== undefined) return parent.children;
  const root = newNode(undefined, undefined, true);
  root.names.add(step.key);
  roots.push(root);
  return root.children;
}

/** The functions that got the key in a message, as octets or in hexadecimal. */
function addReceivers({ value, receivedBy }: KeyNode, events: readonly TimedRoleEvent[]): void {
  if (value === undefined || value.length < 16) return;
  const octets = Buffer.from(value);
  const text = Buffer.from(toHex(value));
  for (const event of events) {
    if (event.type !== 'message' || event.payload === undefined) continue;
    const payload = Buffer.from(event.plaintext ?? event.payload);
    if (payload.includes(octets) || payload.includes(text)) receivedBy.add(event.to);
  }
}

function drawNode(
  node: KeyNode,
  first: string,
  rest: string,
  options: KeyTreeOptions,
): readonly string[] {
  const { names, value, step, children } = node;
  const access = step?.access === undefined ? '' : ` (${step.access})`;
  const name = `${first}${[...names].join(' = ')}${access}`;
  const shown = value === undefined ? '' : shorten(value, node.secret && !options.showSecrets);
  const below = children.length > 0 ? '│ ' : '  ';
  return [
    `${paint('bold', name.padEnd(NAME_COLUMN))} ${[shown, holdersOf(node)].filter((part) => part !== '').join('  ')}`.trimEnd(),
    ...(step === undefined ? [] : describeStep(step, `${rest}${below}`, options.width ?? WIDTH)),
    ...children.flatMap((child, i) => {
      const last = i === children.length - 1;
      return drawNode(
        child,
        `${rest}${last ? '└ ' : '├ '}`,
        `${rest}${last ? '  ' : '│ '}`,
        options,
      );
    }),
  ];
}

function holdersOf({ step, derivedBy, receivedBy }: KeyNode): string {
  const list = (holders: Iterable<Lifeline>): string =>
    [...holders].map((holder) => holder.toUpperCase()).join(', ');
  const provisioned = step !== undefined && !step.key && step.s === undefined;
  const received = [...receivedBy].filter((holder) => !derivedBy.has(holder));
  return [
    ...(derivedBy.size === 0
      ? []
      : [`${provisioned ? 'provisioned at' : 'derived by'} ${list(derivedBy)}`]),
    ...(received.length === 0 ? [] : [`sent to ${list(received)}`]),
  ].join('; ');
}

/** FC and the whole of S, on as many lines as it takes. */
function describeStep({ fc, s }: KeyDerived, indent: string, width: number): string[] {
  if (s === undefined) return [];
  const head = `${indent}  ${fc ? `FC ${fc}  S` : 'of'} `;
  const digits = toHex(s);
  const room = Math.max(MIN_ROOM, width - head.length - 1) & ~1;
  const lines = Array.from({ length: Math.ceil(digits.length / room) }, (_, i) =>
    digits.slice(i * room, (i + 1) * room),
  );
  return lines.map((line, i) => {
    const lead = i === 0 ? head : `${indent}${' '.repeat(head.length - indent.length)}`;
    return `${paint('dim', lead)}${line}`;
  });
}

function shorten(value: Uint8Array, hide: boolean): string {
  if (!hide) return toHex(value);
  if (value.length === 0) return '(not shown)';
  return `${toHex(value.subarray(0, SHORT_OCTETS))}.. (${value.length} octets)`;
}
