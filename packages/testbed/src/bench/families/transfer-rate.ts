import { type Effort, pause } from '../effort.ts';
import type { BenchProcess } from '../process/bench-process.ts';
import type { Sample } from '../process/program.ts';
import type { Measurement } from '../result.ts';

const WARM_UP_ROUNDS = 8;

/** What flows from one process to the other, in Gbit/s of application data, with the CPU time of each side. */
export async function transferRate(
  sender: BenchProcess,
  receiver: BenchProcess,
  effort: Effort,
): Promise<Measurement> {
  await warmUp(receiver, effort);
  const before = [await sender.sample(), await receiver.sample()] as const;
  await pause(effort.duration);
  const after = [await sender.sample(), await receiver.sample()] as const;
  const received = difference(before[1], after[1]);
  const sent = difference(before[0], after[0]);
  const lost = figure(after, 'lost') - figure(before, 'lost');
  return {
    value: (received.bytes * 8) / received.milliseconds / 1e6,
    details: {
      'sender CPU us/packet': sent.cpuMicroseconds / sent.packets,
      'receiver CPU us/packet': received.cpuMicroseconds / received.packets,
      'packets/s': (received.packets * 1000) / received.milliseconds,
      'lost %': (100 * lost) / sent.packets,
    },
  };
}

/** Lets so many packets pass that code which runs for each is compiled. */
export async function warmUp(
  receiver: BenchProcess,
  effort: Effort,
  rounds: number = WARM_UP_ROUNDS,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await pause(effort.warmUp);
    if ((await receiver.sample()).packets >= effort.warmUpPackets) return;
  }
}

interface Difference {
  readonly bytes: number;
  readonly packets: number;
  readonly milliseconds: number;
  readonly cpuMicroseconds: number;
}

function difference(before: Sample, after: Sample): Difference {
  return {
    bytes: after.bytes - before.bytes,
    packets: after.packets - before.packets,
    milliseconds: after.milliseconds - before.milliseconds,
    cpuMicroseconds: after.cpuMicroseconds - before.cpuMicroseconds,
  };
}

function figure(samples: readonly Sample[], name: string): number {
  return samples.reduce((sum, { figures }) => sum + (figures?.[name] ?? 0), 0);
}
