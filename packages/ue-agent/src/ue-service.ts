import { writeFileSync } from 'node:fs';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { QlogFolder } from '@mpquic/endpoint';
import {
  addPathMetrics,
  CaptureFile,
  createLogger,
  describeFailure,
  KeyLogFile,
  type Lifecycle,
  Metrics,
  openEvents,
  type PathMeasurement,
  type Service,
  ServiceFailure,
  startObservability,
} from '@mpquic/service';
import { UsageError, wipe } from '@mpquic/wire';
import { UeFailure } from './failure.ts';
import type { UeSettings } from './settings.ts';
import { describeStory } from './story/story-report.ts';
import { createUeAgent, type UeAgent, type UeIo } from './ue-agent.ts';

/** The process that stands for a UE: it tells its story, prints what came out, and ends. */
export function ueAgentService(settings: UeSettings): Service {
  const logger = createLogger({ name: 'ue-agent', level: settings.logLevel });
  return {
    logger,
    async start(lifecycle) {
      const { sink } = await lifecycle.start(
        'events',
        () => openEvents(settings),
        ({ close }) => close(),
      );
      const state: { ready: boolean; agent?: UeAgent } = { ready: false };
      await observe(
        settings,
        lifecycle,
        () => state.ready,
        () => openPaths(state.agent),
      );
      const files = await openFiles(settings, lifecycle);
      const io = { crypto: nodeCryptoProvider, events: sink, logger, ...files };
      const agent = await lifecycle.start(
        'UE',
        () => create(settings, () => createUeAgent(settings, io)),
        (part) => part.stop(),
      );
      state.agent = agent;
      const finished = run(settings, agent, () => {
        state.ready = true;
      });
      // A failure is met where the process waits for its end, and not before.
      finished.catch(() => undefined);
      return { finished };
    },
  };
}

/** Capture, key log and qlog; the capture also gets the key log, so that it opens decrypted. */
async function openFiles(
  { capture: capturePath, keylog, qlogDir }: UeSettings,
  lifecycle: Lifecycle,
): Promise<Pick<UeIo, 'tap' | 'keyLog' | 'observer'>> {
  const qlog =
    qlogDir === undefined
      ? undefined
      : await lifecycle.start(
          'qlog',
          () => new QlogFolder(qlogDir),
          (folder) => folder.close(),
        );
  const capture =
    capturePath === undefined
      ? undefined
      : await lifecycle.start(
          'capture',
          () => new CaptureFile(capturePath),
          (file) => file.close(),
        );
  const keys =
    keylog === undefined
      ? undefined
      : await lifecycle.start(
          'key log',
          () => new KeyLogFile(keylog),
          (file) => file.close(),
        );
  const { observer } = qlog ?? {};
  if (capture === undefined && keys === undefined) return { observer };
  return {
    observer,
    tap: capture?.tap,
    keyLog(line) {
      keys?.write(line);
      capture?.addKeyLog(line);
    },
  };
}

/** The long-term keys live in the USIM from now on. */
function create(settings: UeSettings, make: () => UeAgent): UeAgent {
  try {
    return make();
  } catch (error) {
    if (error instanceof UsageError) throw new ServiceFailure(2, error.message);
    throw error;
  } finally {
    wipe(settings.k, settings.opc);
  }
}

async function run(settings: UeSettings, agent: UeAgent, ready: () => void): Promise<void> {
  try {
    const report = await agent.tell();
    ready();
    if (report === undefined) {
      await new Promise<never>(() => undefined);
      return;
    }
    if (settings.report !== undefined) {
      writeFileSync(settings.report, `${JSON.stringify(report, null, 2)}\n`);
    }
    process.stdout.write(`${describeStory(report).join('\n')}\n`);
  } catch (error) {
    if (error instanceof UeFailure) throw new ServiceFailure(1, error.message, { cause: error });
    throw new ServiceFailure(1, describeFailure(error), { cause: error });
  }
}

/** The paths of the user plane, as far as they are open. */
async function openPaths(agent: UeAgent | undefined): Promise<readonly PathMeasurement[]> {
  const reports = (await agent?.traffic?.userPlane.reports()) ?? [];
  return reports.flatMap(({ paths }) => paths.filter(({ state }) => state !== 'abandoned'));
}

async function observe(
  { metrics: address }: UeSettings,
  lifecycle: Lifecycle,
  ready: () => boolean,
  paths: () => Promise<readonly PathMeasurement[]>,
): Promise<void> {
  const metrics = new Metrics('ue-agent', address !== undefined);
  addPathMetrics(metrics, paths);
  await startObservability(lifecycle, address, {
    metrics,
    ready,
    version: { name: 'ue-agent', version: '0.1.0' },
  });
}
