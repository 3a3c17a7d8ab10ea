import { SbiProblem } from '../sbi/problem.ts';
import type { AmfEnvironment } from './amf-environment.ts';
import type { AmfSession, UeContext } from './ue-context.ts';

/** The control operation of the SMF that carries a policy out. */
const OPERATIONS = { rekey: 'rekey', delete: 'delete-psk' } as const;

/**
 * What becomes of the PSKs of a UE now that its K_AMF changed. No solution says; TS 33.501 §6.9.3 only
 * says that the old K_AMF goes. With `keep` the UPF's keys are stale, and go on working.
 */
export async function applyKeyPolicy(
  { sbi, settings, logger }: AmfEnvironment,
  ue: UeContext,
): Promise<void> {
  const policy = settings.onKAmfChange;
  if (policy === 'keep') return;
  const apply = async ({ pduSessionId, multiAccess }: AmfSession): Promise<void> => {
    if (!multiAccess) return;
    const session = `/x-testbed-nsmf-control/v1/sessions/${ue.supi}/${pduSessionId}`;
    try {
      await sbi.call('smf', { method: 'POST', path: `${session}/${OPERATIONS[policy]}`, body: {} });
    } catch (error) {
      if (!(error instanceof SbiProblem)) throw error;
      logger.warn({ pduSessionId, reason: error.message }, 'the PSK is stale and stays');
    }
  };
  await Promise.all([...ue.sessions.values()].map(apply));
}
