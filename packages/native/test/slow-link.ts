/** What sockets do on an interface that is slower than they are: full-kernel-buffer.test.ts runs it in a network of its own. */
import { openOn, run, until } from './loopback.ts';

const SIZE = 1000;
const PER_RUN = 10;

export interface SlowLinkReport {
  readonly queued: boolean;
  readonly writable: number;
  readonly sent: number;
  readonly inOrder: boolean;
  /** Of 100 datagrams, sent or counted as dropped. */
  readonly accountedFor: number;
  readonly lostAfterSend: number;
  readonly refusals: readonly string[];
  readonly refused: number;
  readonly segmentation: boolean;
  readonly passed: number;
}

/** Numbered datagrams. */
function numbered(first: number): string {
  const texts = Array.from({ length: PER_RUN }, (_, i) => `${first + i}`.padEnd(SIZE, '.'));
  return texts.join('');
}

async function fillsUp(): Promise<
  Pick<SlowLinkReport, 'queued' | 'writable' | 'sent' | 'inOrder'>
> {
  const a = openOn('127.0.0.1', { sendBufferSize: 16_384, queueLimit: 10_000 });
  const b = openOn('127.0.0.1');
  const count = 120;
  for (let i = 0; i < count; i += PER_RUN) a.socket.send(run(numbered(i), SIZE, b.socket.local));
  const queued = a.socket.congested;
  await until(() => b.recorder.payloads.length === count, 'all datagrams');
  const inOrder = b.recorder.payloads.every((text, i) => Number.parseInt(text, 10) === i);
  const { writable } = a.recorder;
  const sent = a.socket.counters.datagramsSent;
  await Promise.all([a.socket.close(), b.socket.close()]);
  return { queued, writable, sent, inOrder };
}

async function closesWhileQueued(): Promise<
  Pick<SlowLinkReport, 'accountedFor' | 'lostAfterSend'>
> {
  const a = openOn('127.0.0.1', { sendBufferSize: 16_384 });
  const b = openOn('127.0.0.1');
  for (let i = 0; i < 100; i += PER_RUN) a.socket.send(run(numbered(i), SIZE, b.socket.local));
  await a.socket.close();
  const { datagramsSent, datagramsDropped } = a.socket.counters;
  await until(() => b.recorder.payloads.length === datagramsSent, 'what was sent');
  const lostAfterSend = datagramsSent - b.recorder.payloads.length;
  await b.socket.close();
  return { accountedFor: datagramsSent + datagramsDropped, lostAfterSend };
}

async function exceedsMtu(): Promise<
  Pick<SlowLinkReport, 'refusals' | 'refused' | 'segmentation' | 'passed'>
> {
  const a = openOn('127.0.0.1');
  const b = openOn('127.0.0.1');
  a.socket.send(run('x'.repeat(6000), 2000, b.socket.local));
  await until(() => a.recorder.failures.length > 0, 'a report');
  a.socket.send(run(numbered(0), SIZE, b.socket.local));
  await until(() => b.recorder.payloads.length === PER_RUN, 'those that fit');
  const { segmentation } = a.socket.offload;
  const refused = a.socket.counters.sendErrors;
  await Promise.all([a.socket.close(), b.socket.close()]);
  return { refusals: a.recorder.failures, refused, segmentation, passed: PER_RUN };
}

const report: SlowLinkReport = {
  ...(await fillsUp()),
  ...(await closesWhileQueued()),
  ...(await exceedsMtu()),
};
process.stdout.write(JSON.stringify(report));
