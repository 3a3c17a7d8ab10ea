import {
  type Delivery,
  findDelivery,
  findSolution,
  findVariant,
  type Solution,
  type SolutionVariant,
} from '@mpquic/keys';
import { ServiceFailure } from '@mpquic/service';
import { UsageError } from '@mpquic/wire';
import type { CoreConfiguration } from './configuration.ts';

/** The solution of the study that a network runs. */
export interface SelectedSolution {
  readonly solution: Solution;
  readonly variant: SolutionVariant;
  readonly delivery: Delivery;
}

/** @throws {ServiceFailure} status 2, naming the variants or deliveries that there are */
export function selectSolution(configuration: CoreConfiguration): SelectedSolution {
  try {
    const solution = findSolution(configuration.solution);
    const variant = findVariant(solution, configuration.variant);
    const delivery = findDelivery(solution, variant, configuration.delivery);
    if (configuration.serverAuthentication === 'psk') return { solution, variant, delivery };
    // Of a solution without derivation and delivery nothing is left where its PSK is not indicated.
    const none = findSolution('Y');
    const unused = findVariant(none);
    return { solution: none, variant: unused, delivery: findDelivery(none, unused) };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new ServiceFailure(2, error.message);
  }
}
