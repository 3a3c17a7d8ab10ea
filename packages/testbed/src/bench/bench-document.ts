import type { Machine } from './machine.ts';
import type { BenchResult, BenchSpec } from './result.ts';

/** What `mpq bench --json` prints. */
export interface BenchDocument {
  readonly machine: Machine;
  readonly results: readonly BenchResult[];
}

/** Results that stand in one table and one plot, because they have one unit. */
export interface ReportSection {
  /** Of the plot's file. */
  readonly slug: string;
  readonly title: string;
  readonly specs: readonly BenchSpec[];
}
