import type { PskDelivery } from '@mpquic/pfcp';
import type { ExternalPsk } from '@mpquic/tls';
import { UsageError } from '@mpquic/wire';
import type { PskRegistry } from './psk-registry.ts';

/** A PSK delivery that the UPF cannot carry out; the request is rejected with this reason. */
export class PskDeliveryRefused extends Error {
  override readonly name = 'PskDeliveryRefused';
}

export interface DeliveryTarget {
  /** The N4 session that owns the key. */
  readonly session: bigint;
  nextGeneration(given: number | undefined): number;
}

/**
 * Carries out what an SMF says about a key in the vendor-specific element of N4, and wipes the copy
 * in the message. @throws {PskDeliveryRefused}
 */
export function applyPskDelivery(
  registry: PskRegistry,
  target: DeliveryTarget,
  delivery: PskDelivery,
): void {
  const { kid, psk, flags } = delivery;
  if (flags.operation === 'delete') {
    registry.delete(kid, target.session, 'deleted by the SMF');
    return;
  }
  if (psk === undefined) throw new PskDeliveryRefused('a key to install is missing');
  if (flags.operation === 'add' && registry.has(kid) && !flags.keepOldUntilUsed) {
    registry.delete(kid, target.session, 'a new key came under the same KID');
  }
  const external: ExternalPsk = {
    identity: kid.slice(),
    key: psk.reveal(),
    hash: delivery.hash ?? 'sha256',
    mode: delivery.mode ?? 'raw',
    ...(delivery.importContext === undefined ? {} : { context: delivery.importContext.slice() }),
  };
  try {
    registry.install({
      psk: external,
      solution: delivery.solution ?? '?',
      variant: '',
      session: target.session,
      generation: target.nextGeneration(delivery.generation),
      lifetime: delivery.lifetime,
      keepOldUntilUsed: flags.keepOldUntilUsed,
    });
  } catch (error) {
    if (error instanceof UsageError) throw new PskDeliveryRefused(error.message);
    throw error;
  } finally {
    psk.dispose();
  }
}
