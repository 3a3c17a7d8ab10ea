import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '@mpquic/wire';
import { startFixture } from './core-fixture.ts';

test('registration, MA PDU session and PSK with solution #4 over real sockets', async () => {
  const fixture = await startFixture({ sbiTransport: 'http2' });
  try {
    const { core, upf } = fixture;
    assert.equal(core.ready(), true);
    const ue = fixture.ue();
    await ue.register('3gpp');
    await ue.register('non-3gpp');
    const session = await ue.establishSession(5, '3gpp');
    const psk = await ue.derivePsk(session);
    assert.equal(psk.solution, '4');
    assert.deepEqual(upf.psks, [
      {
        kid: toHex(psk.kid),
        psk: toHex(psk.key),
        solution: '4',
        operation: 'add',
        carriedBy: 'sessionEstablishmentRequest',
        mode: 'raw',
        importContext: undefined,
      },
    ]);
    assert.equal(psk.kid.length, 33);
    assert.deepEqual(session.proxies, [{ host: '127.0.0.21', port: 4433 }]);
    assert.match(session.ueIp ?? '', /^10\.60\./);
    assert.deepEqual(core.counts(), { ues: 1, sessions: 1 });
    await ue.releaseSession(session);
    assert.equal(upf.sessions.size, 0);
  } finally {
    await fixture.stop();
  }
});
