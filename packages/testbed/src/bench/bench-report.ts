import { formatTable } from '../cli/table.ts';
import type { BenchDocument } from './bench-document.ts';
import type { BenchGoal, BenchResult } from './result.ts';

/** The results for a person. */
export function benchTable({ machine, results }: BenchDocument): string[] {
  const { cpu, cores, system, node, openssl } = machine;
  const lines = [
    `${cpu}, ${cores} cores, ${system}, Node.js ${node}, OpenSSL ${openssl}`,
    '',
    ...formatTable(
      [
        { title: 'bench' },
        { title: 'median', align: 'right' },
        { title: 'min', align: 'right' },
        { title: 'max', align: 'right' },
        { title: 'unit' },
        { title: 'reference', align: 'right' },
        { title: 'ratio', align: 'right' },
        { title: 'goal', align: 'right' },
        { title: '' },
      ],
      results.map(row),
    ),
  ];
  for (const result of results) lines.push(...details(result));
  return lines;
}

function row(result: BenchResult): string[] {
  if (result.unavailable !== null) return [result.name, 'not available'];
  return [
    result.name,
    figure(result.median),
    figure(result.min),
    figure(result.max),
    result.unit,
    figure(result.reference?.median ?? null),
    figure(result.ratio),
    describeGoal(result.goal),
    result.goalMet === false ? 'missed' : '',
  ];
}

function details(result: BenchResult): string[] {
  if (result.unavailable !== null) return ['', `${result.name}: ${result.unavailable}`];
  const entries = Object.entries(result.details);
  const against = result.reference === null ? '' : ` against ${result.reference.name}`;
  return ['', `${result.name}${against}`, ...entries.map(([key, value]) => `  ${key}: ${value}`)];
}

/** `ratio >= 0.6` */
export function describeGoal(goal: BenchGoal | null): string {
  if (goal === null) return '';
  const bounds = [
    ...(goal.atLeast === undefined ? [] : [`>= ${goal.atLeast}`]),
    ...(goal.atMost === undefined ? [] : [`<= ${goal.atMost}`]),
  ];
  return `${goal.of} ${bounds.join(', ')}`;
}

function figure(value: number | null): string {
  return value === null ? '' : String(value);
}
