import { nodeCryptoProvider } from '@mpquic/crypto';
import { loadConfiguration, noEvents, silentLogger } from '@mpquic/service';
import { createUeAgent, type Ue, ueSettings } from '@mpquic/ue-agent';
import type { BenchProgram } from '../process/program.ts';
import { inParallel } from './in-parallel.ts';
import { benchSubscriber } from './subscribers.ts';

const IN_FLIGHT = 32;
/** TS 24.007 §11.2.3.1b: PDU session identities 1 to 15. */
export const SESSIONS_PER_UE = 15;

export interface UesSettings {
  readonly count: number;
  readonly n1ThreeGpp: string;
  readonly n1NonThreeGpp: string;
}

/** UEs of a core. Commands: `register` registers all; `sessions` sets up so many MA PDU sessions in all, with their PSKs. */
export async function startUes(settings: UesSettings): Promise<BenchProgram> {
  const { n1ThreeGpp, n1NonThreeGpp, count } = settings;
  const ues = Array.from({ length: count }, (_, i) => createUe(i, { n1ThreeGpp, n1NonThreeGpp }));
  let sessions = 0;
  const each = async (total: number, action: (i: number) => Promise<unknown>): Promise<number> => {
    let next = 0;
    const started = performance.now();
    await inParallel(
      IN_FLIGHT,
      () => next < total,
      async () => {
        await action(next++);
      },
    );
    return performance.now() - started;
  };
  return {
    facts: {},
    progress: () => ({ bytes: 0, packets: sessions }),
    /** Milliseconds that it took. */
    command: (name, argument) =>
      name === 'register'
        ? each(count, async (i) => ues[i]?.register('3gpp'))
        : each(Number(argument), async (i) => {
            const ue = ues[i % count] as Ue;
            const session = await ue.establishSession(1 + Math.floor(i / count), '3gpp');
            await ue.derivePsk(session);
            sessions += 1;
          }),
  };
}

function createUe(index: number, n1: Pick<UesSettings, 'n1ThreeGpp' | 'n1NonThreeGpp'>): Ue {
  const settings = loadConfiguration(ueSettings, {
    role: 'ue-agent',
    flags: { ...benchSubscriber(index), ...n1, local3gpp: '127.0.0.1', localNon3gpp: '127.0.0.1' },
  });
  const io = { crypto: nodeCryptoProvider, events: noEvents, logger: silentLogger() };
  return createUeAgent(settings, io).ue;
}
