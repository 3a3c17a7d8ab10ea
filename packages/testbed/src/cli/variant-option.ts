import { findSolution, findVariant } from '@mpquic/keys';
import { UsageError } from '@mpquic/wire';
import { CommandFailure } from './failure.ts';

/** Refuses a variant that the solution does not have. @throws {CommandFailure} naming those that it has */
export function checkVariant(solution: string, variant: string | undefined): void {
  try {
    findVariant(findSolution(solution), variant);
  } catch (error) {
    if (error instanceof UsageError) throw CommandFailure.usage(error.message);
    throw error;
  }
}
