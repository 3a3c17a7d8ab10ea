import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CONNECT_UDP, GET, headers, ScriptedPeer } from './memory-transport.ts';

const cuts = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
const streamId = fc.constantFrom(0, 1, 2, 3, 4, 6, 7, 10, 11);

test('any octets on any stream end in events, a reset or a close, never in an exception', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('client', 'server'),
      streamId,
      cuts,
      fc.boolean(),
      (role, id, parts, fin) => {
        const peer = new ScriptedPeer(role, { qpackMaxTableCapacity: 256 });
        for (const part of parts) peer.send(id, part);
        if (fin) peer.end(id);
        peer.connection.streamReset(id, 0);
        peer.events();
        assert.ok(peer.connection.openExchanges <= 1);
      },
    ),
    { numRuns: 300 },
  );
});

test('a mutated request ends in events, a reset or a close', () => {
  const whole = fc.constantFrom(headers(GET), headers(CONNECT_UDP));
  fc.assert(
    fc.property(whole, fc.nat(), fc.nat(255), fc.boolean(), (octets, at, value, fin) => {
      const mutated = octets.slice();
      mutated[at % mutated.length] = value;
      const peer = new ScriptedPeer('server').settings();
      if (fin) peer.end(0, mutated);
      else peer.send(0, mutated);
      peer.events();
      assert.ok(peer.connection.openExchanges <= 1);
    }),
    { numRuns: 500 },
  );
});
