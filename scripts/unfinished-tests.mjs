// A reporter of node:test that writes nothing while all goes well. On SIGUSR2 (tests use SIGTERM themselves), and when the
// process lives on long after its last test, it writes which tests have begun and not ended, and what keeps the process
// alive, in the form of failed tests, and ends the process.
import { writeSync } from 'node:fs';
import { relative } from 'node:path';

const LONGEST_IDLE_MS = 30_000;

export default async function* unfinishedTests(source) {
  const unfinished = new Map();
  const giveUp = () => {
    const tests = [...unfinished.values()];
    if (tests.length === 0) tests.push('all tests have ended, the process has not');
    const alive = process.getActiveResourcesInfo().join(', ');
    for (const test of tests) writeSync(1, `not ok - did not end: ${test}\n  alive: ${alive}\n`);
    process.exit(1);
  };
  process.once('SIGUSR2', giveUp);
  let idle;
  for await (const { type, data } of source) {
    const key = `${data?.file}:${data?.line}:${data?.column} ${data?.name}`;
    if (type === 'test:dequeue')
      unfinished.set(key, `${data.name} (${relative('', data.file ?? '')})`);
    if (type === 'test:complete') unfinished.delete(key);
    clearTimeout(idle);
    if (unfinished.size === 0) idle = setTimeout(giveUp, LONGEST_IDLE_MS).unref();
  }
  clearTimeout(idle);
  yield '';
}
