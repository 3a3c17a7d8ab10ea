import type { BenchProgram, StartProgram } from '../process/program.ts';
import { startReferenceReceiver, startReferenceSender } from '../reference/reference-programs.ts';
import { startDownload } from './download.ts';
import { startServer } from './serve.ts';

type AnyStart = (settings: unknown) => Promise<BenchProgram>;

/** Settings come from the bench that starts the program, by messages: the types meet in the two files. */
function program<Settings>(start: StartProgram<Settings>): AnyStart {
  return (settings) => start(settings as Settings);
}

/** Every program that a process of a bench can run. */
export const programs: ReadonlyMap<string, AnyStart> = new Map([
  ['serve', program(startServer)],
  ['download', program(startDownload)],
  ['reference-sender', program(startReferenceSender)],
  ['reference-receiver', program(startReferenceReceiver)],
]);
