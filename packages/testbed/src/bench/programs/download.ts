import { connect, QuicEndpoint, type QuicSession } from '@mpquic/endpoint';
import { requestLine } from '@mpquic/hq';
import { LARGE_COUNT_START } from '@mpquic/wire';
import { type DataPathName, requireDataPath } from '../data-path.ts';
import type { BenchProgram } from '../process/program.ts';
import { benchPsk, LOOPBACK, sessionDefaults } from './session-setup.ts';

export interface DownloadSettings {
  readonly dataPath: DataPathName;
  /** Of the server; one path to each. */
  readonly addresses: readonly string[];
  /** Requests at a time; each is followed by the next. */
  readonly streams: number;
}

/** A client that downloads without end. */
export async function startDownload(settings: DownloadSettings): Promise<BenchProgram> {
  const { crypto, openSocket } = requireDataPath(settings.dataPath);
  const [first, ...others] = settings.addresses;
  const endpoint = new QuicEndpoint({ openSocket });
  const session = await connect(first as string, {
    ...sessionDefaults,
    crypto,
    psk: benchPsk(),
    endpoint,
    local: LOOPBACK,
  });
  await session.opened;
  for (const remote of others) await session.openPath({ local: LOOPBACK, remote });
  const count = { bytes: LARGE_COUNT_START };
  let failure: unknown;
  for (let i = 0; i < settings.streams; i++) {
    readForEver(session, count).catch((error: unknown) => {
      if (!session.destroyed) failure = error;
    });
  }
  return {
    facts: {},
    progress: () => {
      if (failure !== undefined) throw failure;
      const packets = Number(endpoint.stats.packetsReceived);
      return { bytes: count.bytes, packets, figures: { paths: session.paths.length } };
    },
  };
}

async function readForEver(session: QuicSession, count: { bytes: number }): Promise<never> {
  for (;;) {
    const stream = await session.createBidirectionalStream({ body: requestLine(`/${REQUEST}`) });
    await stream.consume((_octets, start, end) => {
      count.bytes += end - start;
    });
  }
}

/** Octets of one answer: so many that its beginning and end do not count. */
const REQUEST = 4_000_000_000;
