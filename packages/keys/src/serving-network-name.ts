import { UsageError } from '@mpquic/wire';

/** A public land mobile network. */
export interface PlmnId {
  /** 3 digits. */
  readonly mcc: string;
  /** 2 or 3 digits, as the operator has them. */
  readonly mnc: string;
}

/**
 * The serving network name `5G:mnc<MNC>.mcc<MCC>.3gppnetwork.org`. A 2-digit MNC gets a leading 0:
 * without it every key from K_AUSF down differs. TS 24.501 §9.12.1, TS 33.501 §6.1.1.4
 */
export function servingNetworkName({ mcc, mnc }: PlmnId): string {
  if (!/^\d{3}$/.test(mcc)) throw new UsageError(`MCC ${mcc} has not 3 digits`);
  if (!/^\d{2,3}$/.test(mnc)) throw new UsageError(`MNC ${mnc} has not 2 or 3 digits`);
  return `5G:mnc${mnc.padStart(3, '0')}.mcc${mcc}.3gppnetwork.org`;
}
