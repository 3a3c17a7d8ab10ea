export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const GAP = 2;
/** No column gets narrower to make a table fit. */
const MIN_WRAPPED = 16;

/**
 * A plain-text table; numbers to the right where the column says so. Where `width` is given and the table
 * is wider, its widest columns are wrapped between words.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number = Number.POSITIVE_INFINITY,
): string[] {
  const longest = columns.map((column, i) =>
    Math.max(column.title.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const widths = fittedWidths(longest, width - GAP * (columns.length - 1));
  const lines = (cells: readonly string[]): string[] => {
    const wrapped = widths.map((room, i) => wrap(cells[i] ?? '', room));
    const height = Math.max(...wrapped.map((parts) => parts.length));
    return Array.from({ length: height }, (_, at) =>
      columns
        .map(({ align }, i) => {
          const part = wrapped[i]?.[at] ?? '';
          const room = widths[i] as number;
          return align === 'right' ? part.padStart(room) : part.padEnd(room);
        })
        .join(' '.repeat(GAP))
        .trimEnd(),
    );
  };
  return [
    ...lines(columns.map(({ title }) => title)),
    widths.map((room) => '-'.repeat(room)).join(' '.repeat(GAP)),
    ...rows.flatMap(lines),
  ];
}

/** Takes from the widest column, one character at a time, until all fit. */
function fittedWidths(longest: readonly number[], room: number): number[] {
  const widths = [...longest];
  for (let over = widths.reduce((sum, one) => sum + one, 0) - room; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] as number) <= MIN_WRAPPED) break;
    (widths[widest] as number) -= 1;
  }
  return widths;
}

/** Lines of at most `room` characters; a word that is longer stays whole. */
export function wrap(text: string, room: number): string[] {
  if (text.length <= room) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
