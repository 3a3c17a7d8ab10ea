import type { AccessName, Lifeline, MessageSent, TimedRoleEvent } from '@mpquic/service';
import { paint } from '../cli/output.ts';
import type { Recording } from './capture.ts';
import { quicMessages } from './quic-messages.ts';

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

const WIDE_COLUMN = 11;
const NARROW_COLUMN = 9;
/** Terminals narrower than this get narrow columns. */
const WIDE = 140;
const TIME = 10;
const MIN_ROOM = 20;

export interface LadderOptions {
  /** Interfaces to leave out, for example SBI in a short view. */
  readonly without?: readonly string[];
  /** Columns of the terminal: lines end there. As long as they are when absent. */
  readonly width?: number | undefined;
}

/** A call-flow ladder of what was recorded, one line a message, in the order of time. */
export function drawLadder(recording: Recording, options: LadderOptions = {}): string[] {
  const { events, packets, keyLog } = recording;
  const all = [...events, ...quicMessages(packets, keyLog, events)].sort((a, b) => a.at - b.at);
  const shown = all.filter(
    (event) => event.type !== 'message' || !options.without?.includes(event.interface),
  );
  const columns = columnsOf(shown, options.width);
  const start = shown[0]?.at ?? 0;
  const lines = [heading(columns)];
  for (const event of shown) {
    const time = `${((event.at - start) / 1000).toFixed(1)} ms`.padStart(TIME - 1);
    const line = drawEvent(event, columns);
    if (line !== undefined) lines.push(`${paint('dim', time)} ${line}`);
  }
  return lines;
}

/** The lifelines that are drawn, and how. */
interface Columns {
  readonly ids: readonly Lifeline[];
  /** Of each. */
  readonly width: number;
  /** Characters of a label beside them. */
  readonly room: number;
}

function columnsOf(events: readonly TimedRoleEvent[], terminal = Infinity): Columns {
  const used = new Set<Lifeline>(['ue']);
  for (const event of events) {
    if (event.type !== 'message') continue;
    used.add(event.from).add(event.to);
    if (event.access !== undefined) used.add(ACCESS_LIFELINE[event.access]);
  }
  const ids = LIFELINES.filter(({ id }) => used.has(id)).map(({ id }) => id);
  const width = terminal < WIDE ? NARROW_COLUMN : WIDE_COLUMN;
  const drawn = TIME + ids.length * width;
  return { ids, width, room: Math.max(MIN_ROOM, terminal - drawn) };
}

function heading(columns: Columns): string {
  const titles = columns.ids.map((id) => {
    const title = LIFELINES.find((lifeline) => lifeline.id === id)?.title ?? id;
    return centred(title, columns.width);
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
  return paint('cyan', `-- ${text}${detail} `.padEnd(columns.ids.length * columns.width, '-'));
}

/** The lifelines with a mark at one of them and a text beside the last. */
function drawNote(
  columns: Columns,
  at: Lifeline,
  text: string,
  colour: 'magenta' | 'green' | 'yellow',
): string {
  const cells = lifelines(columns);
  if (columns.ids.includes(at)) cells[middle(columns, at)] = '*';
  const label = fitted(`${text} at ${at.toUpperCase()}`, columns.room);
  return `${cells.join('')} ${paint(colour, label)}`;
}

function drawMessage(event: MessageSent, columns: Columns): string {
  const from = middle(columns, event.from);
  const to = middle(columns, event.to);
  const cells = lifelines(columns);
  const [left, right] = from < to ? [from, to] : [to, from];
  for (let i = left + 1; i < right; i++) cells[i] = '-';
  if (event.access !== undefined) {
    const crossing = middle(columns, ACCESS_LIFELINE[event.access]);
    if (crossing > left && crossing < right) cells[crossing] = 'o';
  }
  cells[from] = '+';
  cells[to] = from < to ? '>' : '<';
  return `${cells.join('')} ${fitted(labelOf(event), columns.room)}`;
}

/** The message inside comes before the one that carries it. */
function labelOf({ interface: on, name, detail, length }: MessageSent): string {
  if (detail === undefined || detail === '') return `${on} ${name}, ${length} B`;
  const carries = name.endsWith('NAS TRANSPORT');
  return carries
    ? `${on} ${detail}, ${length} B (${name})`
    : `${on} ${name}, ${detail}, ${length} B`;
}

/** Cut where the terminal ends. */
function fitted(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

/** Up to one character behind the last. */
function lifelines(columns: Columns): string[] {
  const { ids, width } = columns;
  const cells = new Array<string>(ids.length * width - Math.floor(width / 2) + 1).fill(' ');
  for (const id of ids) cells[middle(columns, id)] = '|';
  return cells;
}

function middle({ ids, width }: Columns, id: Lifeline): number {
  return ids.indexOf(id) * width + Math.floor(width / 2);
}
