import type { Access } from '@mpquic/nas';
import { UeFailure } from '../failure.ts';

/** Cuts an access, or brings it back. */
export type SwitchAccess = (access: Access, cut: boolean) => Promise<void>;

const ANSWER_LIMIT_MS = 5_000;

/**
 * Cuts accesses at their stand-ins, over the HTTP control interface of `mpq access`; accesses without a
 * stand-in are cut by `otherwise`.
 */
export function switchAtStandIns(
  controls: { readonly [A in Access]?: string | undefined },
  otherwise: (access: Access, cut: boolean) => void,
): SwitchAccess {
  return async (access, cut) => {
    const control = controls[access];
    if (control === undefined) otherwise(access, cut);
    else await setBlackhole(control, cut);
  };
}

async function setBlackhole(control: string, blackhole: boolean): Promise<void> {
  try {
    const response = await fetch(control, {
      method: 'PATCH',
      body: JSON.stringify({ both: { blackhole } }),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    if (response.ok) return;
    throw new Error(`it answers ${response.status}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UeFailure('mpquic', `no stand-in of an access at ${control}: ${reason}`, error);
  }
}
