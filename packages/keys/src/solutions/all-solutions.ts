import { UsageError } from '@mpquic/wire';
import type { KeyCrypto } from '../key-crypto.ts';
import { type DerivationInputs, requireInputs } from './derivation-inputs.ts';
import { type DerivedPsk, findVariant, type Solution, type SolutionId } from './solution.ts';
import { solution1 } from './solution-1.ts';
import { solution2 } from './solution-2.ts';
import { solution3 } from './solution-3.ts';
import { solution4 } from './solution-4.ts';
import { solution5 } from './solution-5.ts';
import { solution6 } from './solution-6.ts';
import { solutionY } from './solution-y.ts';

/** The solutions of the study, in its order. */
export const solutions: readonly Solution[] = [
  solution1,
  solution2,
  solution3,
  solution4,
  solution5,
  solution6,
  solutionY,
];

/** `y` is taken for `Y`, and a leading `#` ignored. @throws {UsageError} naming those that exist */
export function findSolution(id: string): Solution {
  const wanted = id.replace(/^#/, '').toUpperCase();
  const solution = solutions.find((candidate) => candidate.id === wanted);
  if (solution !== undefined) return solution;
  const ids = solutions.map((candidate) => candidate.id).join(', ');
  throw new UsageError(`there is no solution ${id}; there are ${ids}`);
}

/** The solution that a container's octet names, if any. */
export function solutionOfCode(code: number): Solution | undefined {
  return solutions.find((candidate) => candidate.code === code);
}

/** A derivation with the names of what was derived. */
export interface SolutionDerivation extends DerivedPsk {
  readonly solution: SolutionId;
  readonly variant: string;
}

/**
 * PSK and KID by a solution's variant.
 * @throws {MissingInput} where the variant needs a key or parameter that `inputs` has not
 * @throws {UsageError} on inputs of wrong length or range
 */
export function deriveSolution(
  crypto: KeyCrypto,
  solution: Solution,
  variantName: string | undefined,
  inputs: DerivationInputs,
): SolutionDerivation {
  const variant = findVariant(solution, variantName);
  requireInputs(solution, variant, inputs);
  const derived = solution.derive(crypto, variant, inputs);
  return { solution: solution.id, variant: variant.name, ...derived };
}
