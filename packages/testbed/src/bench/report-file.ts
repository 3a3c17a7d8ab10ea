import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { replaceGenerated } from '../cli/generated-part.ts';
import type { Report } from './markdown-report.ts';

/** The folder of the plots, beside the report and named like it. */
export function plotFolder(file: string): string {
  return basename(file, '.md');
}

/** Writes the measured part of a Markdown file and its plots; what people wrote around it stays. */
export function writeReport(file: string, { markdown, plots }: Report): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '# Performance\n\n';
  writeFileSync(file, replaceGenerated(before, 'bench --report', markdown));
  const folder = join(dirname(file), plotFolder(file));
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of plots) writeFileSync(join(folder, name), svg);
}
