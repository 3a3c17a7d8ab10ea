import type { SolutionId } from '@mpquic/keys';

/** What was seen in a run, for a person and for a program. */
export interface Evidence {
  readonly what: string;
  readonly value: string | number | boolean;
}

/**
 * What a run showed. `confirmed`: what the title claims happened. `mitigated` says whether the
 * mitigation, where it was run as well, prevented it.
 */
export interface ExperimentResult {
  readonly verdict: 'confirmed' | 'refuted';
  readonly mitigated: boolean | undefined;
  readonly evidence: readonly Evidence[];
}

/** One of D1 to D26: a claim about solutions, and a run that confirms or refutes it. */
export interface Experiment {
  readonly id: string;
  /** The claim, in the affirmative. */
  readonly title: string;
  readonly solutions: readonly SolutionId[];
  readonly why: string;
  readonly mitigation: string;
  readonly run: (solution: SolutionId) => Promise<ExperimentResult>;
}

/** The result of a claim, from what happened. */
export function verdictOf(
  confirmed: boolean,
  evidence: readonly Evidence[],
  mitigated?: boolean,
): ExperimentResult {
  return { verdict: confirmed ? 'confirmed' : 'refuted', mitigated, evidence };
}

/** Evidence in one line. */
export function seen(what: string, value: Evidence['value']): Evidence {
  return { what, value };
}
