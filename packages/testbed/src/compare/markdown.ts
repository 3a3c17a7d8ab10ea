import type { Section } from './sections.ts';

/** A comparison as a Markdown document. */
export function markdownOf(introduction: readonly string[], sections: readonly Section[]): string {
  const parts = sections.map(({ title, note, columns, rows }) =>
    [`## ${title}`, '', note, '', ...markdownTable(columns, rows)].join('\n'),
  );
  return `${['# The solutions, measured', introduction.join('\n'), ...parts].join('\n\n')}\n`;
}

function markdownTable(columns: Section['columns'], rows: Section['rows']): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === 'right' ? '--:' : '---'))),
    ...rows.map(line),
  ];
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
