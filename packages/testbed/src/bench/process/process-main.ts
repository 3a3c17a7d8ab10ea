import { programs } from '../programs/programs.ts';
import { sampleAllocations } from './allocations.ts';
import type { BenchProgram, Request, Response, Sample } from './program.ts';

/** What runs in each process of a bench: one program, told what to do by messages of its parent. */
let running: BenchProgram | undefined;

async function answer(request: Request): Promise<unknown> {
  if (request.type === 'start') {
    const start = programs.get(request.program);
    if (start === undefined) throw new Error(`no program ${request.program}`);
    running = await start(request.settings);
    return running.facts;
  }
  if (running === undefined) throw new Error('no program runs');
  switch (request.type) {
    case 'sample':
      return sample(running);
    case 'command':
      return running.command?.(request.name, request.argument);
    case 'allocations':
      return sampleAllocations(request.milliseconds, request.samplingInterval);
    case 'collect':
      globalThis.gc?.();
      return undefined;
  }
}

function sample(program: BenchProgram): Sample {
  const { user, system } = process.cpuUsage();
  return {
    ...program.progress(),
    milliseconds: performance.now(),
    cpuMicroseconds: user + system,
    residentBytes: process.memoryUsage.rss(),
  };
}

process.on('message', (request: Request) => {
  answer(request).then(
    (value) => reply({ ok: true, value }),
    (error: unknown) =>
      reply({ ok: false, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));

function reply(response: Response): void {
  process.send?.(response);
}
