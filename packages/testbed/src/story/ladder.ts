import type { AccessName, Lifeline, TimedRoleEvent } from '@mpquic/service';
import { paint } from '../cli/output.ts';

/** Lifelines from left to right; the two accesses stand apart, so that one sees which one carries what. */
const LIFELINES: readonly { readonly id: Lifeline; readonly title: string }[] = [
  { id: 'ue', title: 'UE' },
  { id: 'gnb', title: '3GPP' },
  { id: 'n3iwf', title: 'non-3GPP' },
  { id: 'amf', title: 'AMF' },
  { id: 'ausf', title: 'AUSF' },
  { id: 'udm', title: 'UDM' },
  { id: 'smf', title: 'SMF' },
  { id: 'upf', title: 'UPF' },
  { id: 'dn', title: 'DN' },
];

const ACCESS_LIFELINE: { readonly [A in AccessName]: Lifeline } = {
  '3gpp': 'gnb',
  'non-3gpp': 'n3iwf',
};

const COLUMN = 11;
const TIME = 10;

export interface LadderOptions {
  /** Interfaces to leave out, for example SBI in a short view. */
  readonly without?: readonly string[];
}

/** A call-flow ladder of what was recorded, one line a message, in the order of time. */
export function drawLadder(
  events: readonly TimedRoleEvent[],
  options: LadderOptions = {},
): string[] {
  const shown = events.filter(
    (event) => event.type !== 'message' || !options.without?.includes(event.interface),
  );
  const columns = usedLifelines(shown);
  const start = shown[0]?.at ?? 0;
  const lines = [heading(columns)];
  for (const event of shown) {
    const time = `${((event.at - start) / 1000).toFixed(1)} ms`.padStart(TIME - 1);
    const line = drawEvent(event, columns);
    if (line !== undefined) lines.push(`${paint('dim', time)} ${line}`);
  }
  return lines;
}

type Columns = readonly Lifeline[];

function usedLifelines(events: readonly TimedRoleEvent[]): Columns {
  const used = new Set<Lifeline>(['ue']);
  for (const event of events) {
    if (event.type !== 'message') continue;
    used.add(event.from).add(event.to);
    if (event.access !== undefined) used.add(ACCESS_LIFELINE[event.access]);
  }
  return LIFELINES.filter(({ id }) => used.has(id)).map(({ id }) => id);
}

function heading(columns: Columns): string {
  const titles = columns.map((id) => {
    const title = LIFELINES.find((lifeline) => lifeline.id === id)?.title ?? id;
    return centred(title, COLUMN);
  });
  return ' '.repeat(TIME) + paint('bold', titles.join('').trimEnd());
}

function centred(text: string, width: number): string {
  const left = Math.floor((width - text.length) / 2);
  return text.padStart(text.length + Math.max(0, left)).padEnd(width);
}

function drawEvent(event: TimedRoleEvent, columns: Columns): string | undefined {
  switch (event.type) {
    case 'message':
      return drawMessage(event, columns);
    case 'psk':
      return drawNote(columns, event.holder, `PSK ${event.state}`, 'magenta');
    case 'path':
      return drawNote(
        columns,
        event.holder,
        `path ${event.pathId} ${event.state}${event.access === undefined ? '' : ` (${event.access})`}`,
        event.state === 'suspect' || event.state === 'abandoned' ? 'yellow' : 'green',
      );
    case 'phase':
      return drawPhase(event, columns);
    case 'key':
    case 'key_received':
    case 'measure':
      return undefined;
  }
}

function drawPhase(
  event: Extract<TimedRoleEvent, { type: 'phase' }>,
  columns: Columns,
): string | undefined {
  if (event.mark === 'end') return undefined;
  const text = event.mark === 'failed' ? `${event.phase} FAILED` : event.phase;
  const detail = event.detail === undefined ? '' : `: ${event.detail}`;
  return paint('cyan', `-- ${text}${detail} `.padEnd(columns.length * COLUMN, '-'));
}

/** The lifelines with a mark at one of them and a text beside the last. */
function drawNote(
  columns: Columns,
  at: Lifeline,
  text: string,
  colour: 'magenta' | 'green' | 'yellow',
): string {
  const cells = lifelines(columns);
  const column = columns.indexOf(at);
  if (column >= 0) cells[middle(column)] = '*';
  return `${cells.join('')} ${paint(colour, `${text} at ${at.toUpperCase()}`)}`;
}

function drawMessage(
  event: Extract<TimedRoleEvent, { type: 'message' }>,
  columns: Columns,
): string {
  const from = middle(columns.indexOf(event.from));
  const to = middle(columns.indexOf(event.to));
  const cells = lifelines(columns);
  const [left, right] = from < to ? [from, to] : [to, from];
  for (let i = left + 1; i < right; i++) cells[i] = '-';
  if (event.access !== undefined) {
    const crossing = middle(columns.indexOf(ACCESS_LIFELINE[event.access]));
    if (crossing > left && crossing < right) cells[crossing] = 'o';
  }
  cells[from] = '+';
  cells[to] = from < to ? '>' : '<';
  const label = [`${event.interface} ${event.name}`, event.detail ?? '', `${event.length} B`];
  return `${cells.join('')} ${label.filter((part) => part !== '').join(', ')}`;
}

function lifelines(columns: Columns): string[] {
  const cells = new Array<string>(columns.length * COLUMN).fill(' ');
  for (let i = 0; i < columns.length; i++) cells[middle(i)] = '|';
  return cells;
}

function middle(column: number): number {
  return column * COLUMN + Math.floor(COLUMN / 2);
}
