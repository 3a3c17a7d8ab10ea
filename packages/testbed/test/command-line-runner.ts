/** The process of `outcomesOf`: it is given command lines and tells what each left behind. */
import { runCommandLine } from '../src/cli/command-line.ts';
import type { Outcome } from './command-lines.ts';

async function outcomeOf(line: readonly string[]): Promise<Outcome> {
  const written = { output: '', errors: '' };
  process.stdout.write = (text) => {
    written.output += text;
    return true;
  };
  process.stderr.write = (text) => {
    written.errors += text;
    return true;
  };
  process.exitCode = undefined;
  const status = await runCommandLine(line);
  return { status: status || Number(process.exitCode ?? 0), ...written };
}

process.once('message', async (lines: readonly (readonly string[])[]) => {
  for (const line of lines) process.send?.(await outcomeOf(line));
  process.disconnect();
});
