import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  describeFailure,
  Lifecycle,
  runService,
  ServiceFailure,
  silentLogger,
} from '../src/index.ts';

test('parts stop in reverse order, and a failing one does not keep the others', async () => {
  const lifecycle = new Lifecycle(silentLogger(), 50);
  const stopped: string[] = [];
  await lifecycle.start(
    'first',
    () => 1,
    () => void stopped.push('first'),
  );
  await lifecycle.start(
    'hanging',
    () => 2,
    () => new Promise<void>(() => void stopped.push('hanging')),
  );
  await lifecycle.start(
    'failing',
    () => 3,
    () => {
      stopped.push('failing');
      throw new Error('no');
    },
  );
  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  assert.deepEqual(stopped, ['failing', 'hanging', 'first']);
});

test('a part that does not start stops what was started, with one line that names it', async () => {
  const stopped: string[] = [];
  const inUse = Object.assign(new Error('listen EADDRINUSE'), {
    code: 'EADDRINUSE',
    address: '127.0.0.1',
    port: 8805,
  });
  const run = runService({
    logger: silentLogger(),
    async start(lifecycle) {
      await lifecycle.start(
        'N1',
        () => 1,
        () => void stopped.push('N1'),
      );
      await lifecycle.start(
        'N4',
        () => Promise.reject(inUse),
        () => undefined,
      );
      return undefined;
    },
  });
  await assert.rejects(run, (error) => {
    assert.ok(error instanceof ServiceFailure);
    assert.equal(error.status, 1);
    assert.match(error.message, /^N4: 127\.0\.0\.1:8805 is in use: stop /);
    return true;
  });
  assert.deepEqual(stopped, ['N1']);
});

test('a service that finishes by itself is stopped', async () => {
  const stopped: string[] = [];
  await runService({
    logger: silentLogger(),
    async start(lifecycle) {
      await lifecycle.start(
        'work',
        () => 1,
        () => void stopped.push('work'),
      );
      return { finished: Promise.resolve() };
    },
  });
  assert.deepEqual(stopped, ['work']);
});

test('SIGTERM stops the parts', async () => {
  const stopped: string[] = [];
  const run = runService({
    logger: silentLogger(),
    async start(lifecycle) {
      await lifecycle.start(
        'work',
        () => 1,
        () => void stopped.push('work'),
      );
      process.emit('SIGTERM');
      return undefined;
    },
  });
  await run;
  assert.deepEqual(stopped, ['work']);
  assert.equal(process.listenerCount('SIGTERM'), 0);
});

test('a part that starts while the process stops is stopped as well', async () => {
  const stopped: string[] = [];
  const lifecycle = new Lifecycle(silentLogger());
  let finishStart: () => void = () => undefined;
  const slow = lifecycle.start(
    'slow',
    () =>
      new Promise<void>((resolve) => {
        finishStart = resolve;
      }),
    () => void stopped.push('slow'),
  );
  await lifecycle.stop();
  finishStart();
  await assert.rejects(slow, ServiceFailure);
  assert.deepEqual(stopped, ['slow']);
  await assert.rejects(
    lifecycle.start(
      'late',
      () => void stopped.push('never'),
      () => undefined,
    ),
    ServiceFailure,
  );
  assert.deepEqual(stopped, ['slow']);
});

test('anything thrown becomes one line', () => {
  assert.equal(describeFailure(new Error('a\nb')), 'a');
  assert.equal(describeFailure('text'), 'text');
  assert.match(describeFailure(Object.assign(new Error(''), { code: 'ECONNREFUSED' })), /start it/);
});
