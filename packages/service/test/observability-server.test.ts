import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics, ObservabilityServer } from '../src/index.ts';

test('metrics, health, readiness and version are answered', async () => {
  const metrics = new Metrics('core');
  metrics.counter('mpq_sessions_total', 'Sessions', ['result']).inc({ result: 'accepted' });
  metrics.gauge('mpq_sessions', 'Live sessions', [], () => 7);
  metrics.histogram('mpq_accept_seconds', 'Time to Accept', [0.1, 1]).observe(0.5);
  let ready = false;
  const server = await ObservabilityServer.listen({
    address: { host: '127.0.0.1', port: 0 },
    metrics,
    ready: () => ready,
    version: { name: 'core', version: '0.1.0' },
  });
  try {
    const get = async (path: string): Promise<{ status: number; body: string }> => {
      const response = await fetch(`http://127.0.0.1:${server.address.port}${path}`);
      return { status: response.status, body: await response.text() };
    };
    const { body } = await get('/metrics');
    assert.match(body, /mpq_sessions_total\{result="accepted",role="core"\} 1/);
    assert.match(body, /mpq_sessions\{role="core"\} 7/);
    assert.equal((await get('/healthz')).status, 200);
    assert.equal((await get('/readyz')).status, 503);
    ready = true;
    assert.equal((await get('/readyz')).status, 200);
    assert.deepEqual(JSON.parse((await get('/version')).body), { name: 'core', version: '0.1.0' });
    assert.equal((await get('/elsewhere')).status, 404);
  } finally {
    await server.close();
  }
});
