import { describeFailure } from '@mpquic/service';
import type { CoreParts } from './core-parts.ts';

/**
 * An AMF or SMF that starts knows no session: the other one, elsewhere, is told to release what an earlier life of
 * this one left there, now or as soon as it can be reached, when it may have sessions of this life already. Stands for the restart notice of TS 23.527 §6.
 * Returns what stops it.
 */
export function tellRestart(
  { network, logger, recoveryTime }: CoreParts,
  from: 'amf' | 'smf',
  to: 'amf' | 'smf',
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const tell = async (): Promise<void> => {
    try {
      await network.consumer(from).call(to, {
        method: 'POST',
        path: `/x-testbed-n${to}-control/v1/${from}-restarted`,
        body: { recoveryTime },
      });
    } catch (error) {
      logger.debug({ reason: describeFailure(error) }, `the ${to.toUpperCase()} is not told yet`);
      if (!stopped) timer = setTimeout(() => void tell(), RESTART_NOTICE_MS);
    }
  };
  timer = setTimeout(() => void tell(), 0);
  return (): void => {
    stopped = true;
    clearTimeout(timer);
  };
}

const RESTART_NOTICE_MS = 1_000;
