import type { BenchProgram, StartProgram } from '../process/program.ts';

type AnyStart = (settings: unknown) => Promise<BenchProgram>;

/**
 * Settings come from the bench that starts the program, by messages: the types meet in the two files. Only the module of
 * the program that runs is loaded.
 */
function program<Settings>(load: () => Promise<StartProgram<Settings>>): AnyStart {
  return async (settings) => (await load())(settings as Settings);
}

/** Every program that a process of a bench can run. */
export const programs: ReadonlyMap<string, AnyStart> = new Map([
  ['serve', program(async () => (await import('./serve.ts')).startServer)],
  ['download', program(async () => (await import('./download.ts')).startDownload)],
  [
    'datagram-source',
    program(async () => (await import('./datagram-source.ts')).startDatagramSource),
  ],
  ['reference-sender', program(async () => (await references()).startReferenceSender)],
  ['reference-receiver', program(async () => (await references()).startReferenceReceiver)],
  ['handshakes', program(async () => (await import('./handshakes.ts')).startHandshakes)],
  ['exchange', program(async () => (await import('./exchange.ts')).startExchange)],
  ['bare-echo', program(async () => (await bare()).startBareEcho)],
  ['bare-exchange', program(async () => (await bare()).startBareExchange)],
  ['crowd', program(async () => (await import('./crowd.ts')).startCrowd)],
  ['session-opener', program(async () => (await import('./session-opener.ts')).startSessionOpener)],
  ['udp-proxy', program(async () => (await connectUdp()).startUdpProxy)],
  ['udp-tunnel', program(async () => (await connectUdp()).startUdpTunnel)],
  ['udp-tunnel-source', program(async () => (await connectUdp()).startUdpTunnelSource)],
  ['udp-sink', program(async () => (await import('./udp-sink.ts')).startUdpSink)],
  ['tunnel-exchange', program(async () => (await connectUdp()).startTunnelExchange)],
  ['upf', program(async () => (await import('./upf.ts')).startUpfAlone)],
  ['tunnel-ues', program(async () => (await import('./tunnel-ues.ts')).startTunnelUes)],
  ['core-and-upf', program(async () => (await import('./core-and-upf.ts')).startCoreAndUpf)],
  ['ues', program(async () => (await import('./ues.ts')).startUes)],
]);

const bare = () => import('../reference/bare-exchange.ts');
const references = () => import('../reference/reference-programs.ts');
const connectUdp = () => import('./connect-udp.ts');
