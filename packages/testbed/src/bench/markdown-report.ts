import { type Bar, barChart } from './bar-chart.ts';
import type { BenchDocument, ReportSection } from './bench-document.ts';
import { describeGoal } from './bench-report.ts';
import type { BenchResult, BenchSpec } from './result.ts';

/** Markdown, and the SVG files that it shows, by name. */
export interface Report {
  readonly markdown: string;
  readonly plots: ReadonlyMap<string, string>;
}

/** One table and one plot per section, plots below `folder`. */
export function performanceReport(
  { machine, results }: BenchDocument,
  sections: readonly ReportSection[],
  folder: string,
): Report {
  const plots = new Map<string, string>();
  const lines = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node.js ${machine.node}, OpenSSL ${machine.openssl}; load average at the start ${machine.loadAverage}.`,
    '',
  ];
  for (const section of sections) {
    const rows = results.filter(({ name }) => section.specs.some((spec) => spec.name === name));
    if (rows.length === 0) continue;
    lines.push(`### ${section.title}`, '', ...table(rows), '');
    const bars = rows.flatMap(barsOf);
    if (bars.length > 0) {
      const file = `${section.slug}.svg`;
      plots.set(file, barChart(section.title, rows[0]?.unit ?? '', withoutRepeats(bars)));
      lines.push(`![${section.title}](${folder}/${file})`, '');
    }
    lines.push(...rows.flatMap((row) => beside(row, section.specs)));
  }
  return { markdown: lines.join('\n'), plots };
}

function table(rows: readonly BenchResult[]): string[] {
  return [
    '| bench | median | min to max | unit | reference | ratio | goal |',
    '| --- | ---: | ---: | --- | ---: | ---: | --- |',
    ...rows.map((row) => `| ${cells(row).join(' | ')} |`),
  ];
}

function cells(row: BenchResult): string[] {
  if (row.unavailable !== null) return [row.name, 'not available', '', row.unit, '', '', ''];
  const { name, median, min, max, unit, reference, ratio, goal, goalMet } = row;
  const verdict = goalMet === null ? '' : goalMet ? ', met' : ', **missed**';
  return [
    name,
    String(median),
    min === max ? '' : `${min} to ${max}`,
    unit,
    reference === null ? '' : String(reference.median),
    ratio === null ? '' : String(ratio),
    `${describeGoal(goal)}${verdict}`,
  ];
}

function barsOf(row: BenchResult): Bar[] {
  const { name, median, min, max, reference } = row;
  if (median === null || min === null || max === null) return [];
  const bars: Bar[] = [{ label: name, value: median, min, max, reference: false }];
  if (reference !== null) {
    const { name: label, median: value } = reference;
    bars.push({ label, value, min: value, max: value, reference: true });
  }
  return bars;
}

/** Benches of one section often share a reference: it is drawn once. */
function withoutRepeats(bars: readonly Bar[]): Bar[] {
  return bars.filter(
    (bar, i) =>
      bars.findIndex(({ label, value }) => label === bar.label && value === bar.value) === i,
  );
}

const REFERENCE_PREFIX = 'reference: ';

/** What was measured beside a row, ours and the reference's next to each other. */
function beside(row: BenchResult, specs: readonly BenchSpec[]): string[] {
  const title = specs.find(({ name }) => name === row.name)?.title ?? row.name;
  if (row.unavailable !== null) return [`\`${row.name}\`: ${title}: ${row.unavailable}.`, ''];
  const against = row.reference === null ? '' : `; reference: ${row.reference.name}`;
  const runs = row.runs === 1 ? '1 run' : `${row.runs} runs`;
  const lines = [`\`${row.name}\`: ${title}${against}; ${runs}.`, ''];
  const names = Object.keys(row.details).filter((name) => !name.startsWith(REFERENCE_PREFIX));
  if (names.length === 0) return lines;
  const cell = (name: string): string => String(row.details[name] ?? '');
  return [
    ...lines,
    '| beside it | ours | reference |',
    '| --- | ---: | ---: |',
    ...names.map((name) => `| ${name} | ${cell(name)} | ${cell(REFERENCE_PREFIX + name)} |`),
    '',
  ];
}
