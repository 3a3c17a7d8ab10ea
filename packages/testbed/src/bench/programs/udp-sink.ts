import { type DataPathName, requireDataPath } from '../data-path.ts';
import type { BenchProgram } from '../process/program.ts';
import { LOOPBACK } from './session-setup.ts';

const BUFFER_SIZE = 4 << 20;

/** A UDP target that counts what arrives. Facts: `port`. */
export async function startUdpSink({
  dataPath,
}: {
  dataPath: DataPathName;
}): Promise<BenchProgram> {
  const { openSocket } = requireDataPath(dataPath);
  const count = { bytes: 0, packets: 0 };
  const socket = await openSocket(
    { local: { host: LOOPBACK, port: 0 }, receiveBufferSize: BUFFER_SIZE },
    {
      datagramReceived: ({ payload }) => {
        count.bytes += payload.length;
        count.packets += 1;
      },
      batchReceived: () => undefined,
      socketWritable: () => undefined,
      sendFailed: () => undefined,
    },
  );
  return { facts: { port: socket.local.port }, progress: () => ({ ...count }) };
}
