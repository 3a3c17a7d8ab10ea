import type { BenchProgram, StartProgram } from '../process/program.ts';
import { startBareEcho, startBareExchange } from '../reference/bare-exchange.ts';
import { startReferenceReceiver, startReferenceSender } from '../reference/reference-programs.ts';
import {
  startTunnelExchange,
  startUdpProxy,
  startUdpTunnel,
  startUdpTunnelSource,
} from './connect-udp.ts';
import { startCoreAndUpf } from './core-and-upf.ts';
import { startCrowd } from './crowd.ts';
import { startDatagramSource } from './datagram-source.ts';
import { startDownload } from './download.ts';
import { startExchange } from './exchange.ts';
import { startHandshakes } from './handshakes.ts';
import { startServer } from './serve.ts';
import { startSessionOpener } from './session-opener.ts';
import { startTunnelUes } from './tunnel-ues.ts';
import { startUdpSink } from './udp-sink.ts';
import { startUes } from './ues.ts';
import { startUpfAlone } from './upf.ts';

type AnyStart = (settings: unknown) => Promise<BenchProgram>;

/** Settings come from the bench that starts the program, by messages: the types meet in the two files. */
function program<Settings>(start: StartProgram<Settings>): AnyStart {
  return (settings) => start(settings as Settings);
}

/** Every program that a process of a bench can run. */
export const programs: ReadonlyMap<string, AnyStart> = new Map([
  ['serve', program(startServer)],
  ['download', program(startDownload)],
  ['datagram-source', program(startDatagramSource)],
  ['reference-sender', program(startReferenceSender)],
  ['reference-receiver', program(startReferenceReceiver)],
  ['handshakes', program(startHandshakes)],
  ['exchange', program(startExchange)],
  ['bare-echo', program(startBareEcho)],
  ['bare-exchange', program(startBareExchange)],
  ['crowd', program(startCrowd)],
  ['session-opener', program(startSessionOpener)],
  ['udp-proxy', program(startUdpProxy)],
  ['udp-tunnel', program(startUdpTunnel)],
  ['udp-tunnel-source', program(startUdpTunnelSource)],
  ['udp-sink', program(startUdpSink)],
  ['tunnel-exchange', program(startTunnelExchange)],
  ['upf', program(startUpfAlone)],
  ['tunnel-ues', program(startTunnelUes)],
  ['core-and-upf', program(startCoreAndUpf)],
  ['ues', program(startUes)],
]);
