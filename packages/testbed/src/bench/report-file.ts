import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Report } from './markdown-report.ts';

const BEGIN = '<!-- measured: what follows is written by `mpq bench --report` -->';
const END = '<!-- end of what was measured -->';

/** The folder of the plots, beside the report and named like it. */
export function plotFolder(file: string): string {
  return basename(file, '.md');
}

/** Writes the measured part of a Markdown file and its plots; what people wrote around it stays. */
export function writeReport(file: string, { markdown, plots }: Report): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '# Performance\n\n';
  writeFileSync(file, replaceMeasured(before, markdown));
  const folder = join(dirname(file), plotFolder(file));
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of plots) writeFileSync(join(folder, name), svg);
}

/** `text` with its measured part replaced, or with one at its end where it had none. */
export function replaceMeasured(text: string, measured: string): string {
  const part = `${BEGIN}\n\n${measured.trim()}\n\n${END}`;
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) return `${text.trimEnd()}\n\n${part}\n`;
  return text.slice(0, from) + part + text.slice(to + END.length);
}
