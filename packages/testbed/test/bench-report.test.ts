import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barChart } from '../src/bench/bar-chart.ts';
import { performanceReport } from '../src/bench/markdown-report.ts';
import { summarize, unavailable } from '../src/bench/result.ts';

const fast = {
  name: 'fast',
  title: 'A fast thing',
  unit: 'Gbit/s',
  goal: { of: 'ratio', atLeast: 2 },
} as const;
const absent = { name: 'absent', title: 'Another thing', unit: 'Gbit/s' };
const machine = {
  cpu: 'A CPU',
  cores: 2,
  memoryMiB: 1024,
  system: 'Linux',
  node: 'v20',
  openssl: '3.0',
  loadAverage: 0.5,
};

test('a report has one table and one plot per section; what is missed or missing says so', () => {
  const reference = { name: 'floor <bare>', measurements: [{ value: 2 }] };
  const results = [
    summarize(fast, [{ value: 3 }, { value: 5 }], reference),
    unavailable(absent, 'no addon'),
  ];
  const section = { slug: 'bulk', title: 'Bulk', specs: [fast, absent] };
  const { markdown, plots } = performanceReport({ machine, results }, [section], 'performance');
  assert.match(markdown, /\| fast \| 4 \| 3 to 5 \| Gbit\/s \| 2 \| 2 \| ratio >= 2, met \|/);
  assert.match(markdown, /\| absent \| not available \|/);
  assert.match(markdown, /no addon/);
  assert.match(markdown, /!\[Bulk\]\(performance\/bulk\.svg\)/);
  const svg = plots.get('bulk.svg') ?? '';
  assert.match(svg, /floor &lt;bare&gt;/);
  assert.equal(svg.match(/<path /g)?.length, 2);
});

test('bars are as long as their values', () => {
  const bar = (label: string, value: number) => {
    return { label, value, min: value, max: value, reference: false };
  };
  const svg = barChart('Title', 'us', [bar('one', 10), bar('half', 5)]);
  const widths = [...svg.matchAll(/<rect x="370" [^>]*width="([\d.]+)"/g)].map(([, w]) =>
    Number(w),
  );
  assert.equal(widths.length, 2);
  assert.ok(Math.abs((widths[0] ?? 0) - 2 * (widths[1] ?? 0)) < 0.2);
});
