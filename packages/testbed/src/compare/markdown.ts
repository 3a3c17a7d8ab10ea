import type { Section } from './sections.ts';

/** A comparison as a Markdown document. */
export function markdownOf(introduction: readonly string[], sections: readonly Section[]): string {
  const parts = sections.map(({ title, note, columns, rows }) =>
    [`## ${title}`, '', note, '', ...markdownTable(columns, rows)].join('\n'),
  );
  return `${['# The solutions, measured', introduction.join('\n'), ...parts].join('\n\n')}\n`;
}

/** Padded, so that the source reads as a table as well. */
function markdownTable(columns: Section['columns'], rows: Section['rows']): string[] {
  const titles = columns.map(({ title }) => title);
  const cells = [titles, ...rows].map((row) => row.map(escaped));
  const widths = columns.map((_, i) => Math.max(3, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const [head = '', ...body] = cells.map((row) =>
    line(
      widths.map((width, i) => {
        const cell = row[i] ?? '';
        return columns[i]?.align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      }),
    ),
  );
  const rule = widths.map((width, i) =>
    columns[i]?.align === 'right' ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [head, line(rule), ...body];
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
