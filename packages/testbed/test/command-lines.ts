import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a command line left behind. */
export interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs `mpq` command lines in one process, one after the other: a process for each would cost far more. */
export async function outcomesOf(lines: readonly (readonly string[])[]): Promise<Outcome[]> {
  const runner = fileURLToPath(new URL('./command-line-runner.js', import.meta.url));
  const child = fork(runner, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const outcomes: Outcome[] = [];
  child.on('message', (outcome) => outcomes.push(outcome as Outcome));
  const ended = once(child, 'exit');
  child.send(lines);
  await ended;
  assert.equal(outcomes.length, lines.length, `no outcome of ${lines[outcomes.length]?.join(' ')}`);
  return outcomes;
}
