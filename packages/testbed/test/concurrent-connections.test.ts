/** TS 23.501 §5.32.6.2.2 has a connection for each QoS flow: one PSK, and one KID, for several at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MpquicConnection } from '@mpquic/ue-agent';
import { equalBytes } from '@mpquic/wire';
import { Stage } from '../src/experiments/stage.ts';

for (const pskMode of ['raw', 'imported'] as const) {
  test(`four connections at once under one KID, ${pskMode} PSK`, async () => {
    await Stage.with({ solution: '4', pskMode }, async (stage) => {
      const one = await stage.registeredUe();
      const { session } = await stage.session(one);
      const psk = session.psk ?? assert.fail('no PSK');
      const connections = await Promise.all(
        Array.from({ length: 4 }, () => MpquicConnection.open(one.mpquic, session, psk, '3gpp')),
      );
      for (const { quic, security } of connections) {
        assert.equal(security.mode, pskMode);
        assert.ok(equalBytes(quic.handshake?.psk?.identity ?? new Uint8Array(), psk.kid));
      }
      await Promise.all(connections.map((connection) => connection.addPath('non-3gpp')));
      assert.equal(stage.upf.registry.size, 1);
      assert.equal(stage.upf.registry.counts.inUse, 1);
      // With the session its PSK goes, and with the PSK all of them.
      const ended = connections.map(({ quic }) => quic.closed.catch(() => undefined));
      await one.ue.releaseSession(session);
      await Promise.all(ended);
      assert.equal(stage.upf.registry.size, 0);
      for (const connection of connections) connection.destroy();
    });
  });
}
