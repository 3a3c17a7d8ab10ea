import { createSocket } from 'node:dgram';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CertificateFiles, createCertificate } from '../certificate-files.ts';
import { type Availability, expect } from '../matrix.ts';
import { PeerProcess } from '../peer-process.ts';

/** A download from a peer's own server to its own client on the loopback interface, for `mpq bench`. */
export interface PeerTransfer {
  readonly name: string;
  /** Octets of UDP payload, paths, and what else is not as ours. */
  readonly remark: string;
  detect(): Promise<Availability>;
  measure(octets: number): Promise<TransferFigures>;
}

/** Between the end of the handshake and that of the download. */
export interface TransferFigures {
  /** Of application data. */
  readonly gbitPerSecond: number;
  /** Microseconds of the sending and of the receiving program, with all their threads; NaN where the system does not tell. */
  readonly senderCpu: number;
  readonly receiverCpu: number;
}

/** How to start the two programs of a peer. They print events as `QuicPeer` says. */
export interface TransferPrograms {
  readonly server: readonly [string, ...string[]];
  readonly client: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
  readonly serverArguments: (
    port: number,
    files: CertificateFiles,
    octets: number,
  ) => readonly string[];
  readonly clientArguments: (
    port: number,
    files: CertificateFiles,
    octets: number,
  ) => readonly string[];
}

/** Runs one download. @throws {CaseFailure} where it does not come to its end */
export async function measureTransfer(
  programs: TransferPrograms,
  octets: number,
): Promise<TransferFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'mpq-transfer-'));
  const signal = AbortSignal.timeout(TIMEOUT);
  const started: PeerProcess[] = [];
  const start = ([program, ...first]: readonly [string, ...string[]], rest: readonly string[]) => {
    const process = new PeerProcess(program, [...first, ...rest], signal, programs.environment);
    started.push(process);
    return process;
  };
  try {
    const files = await createCertificate(folder);
    const port = await freePort();
    const server = start(programs.server, programs.serverArguments(port, files, octets));
    await server.event('listening');
    const client = start(programs.client, programs.clientArguments(port, files, octets));
    await client.event('handshake');
    const opened = performance.now();
    const before = [server.cpuTime(), client.cpuTime()] as const;
    const done = await client.event('done');
    const milliseconds = performance.now() - opened;
    const after = [server.cpuTime(), client.cpuTime()] as const;
    expect(done['ok'] === true, 'the download is not complete', client.log);
    return {
      gbitPerSecond: (octets * 8) / milliseconds / 1e6,
      senderCpu: (after[0] ?? Number.NaN) - (before[0] ?? Number.NaN),
      receiverCpu: (after[1] ?? Number.NaN) - (before[1] ?? Number.NaN),
    };
  } finally {
    for (const process of started) process.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** Milliseconds. */
const TIMEOUT = 60_000;
