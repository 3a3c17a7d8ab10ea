/** A PSK that is deleted while a handshake by it is under way: the connection does not outlive it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { impairmentSettings, Relay } from '@mpquic/access';
import { connect } from '@mpquic/endpoint';
import { nativeStatus } from '@mpquic/native';
import { readSettings } from '@mpquic/service';
import type { ExternalPsk } from '@mpquic/tls';
import { formatAddress, fromHex } from '@mpquic/wire';
import { startNetwork } from './small-network.ts';

const PROVISIONED = { variant: 'per-ue', kid: 'aa02', key: '09'.repeat(32) } as const;
const PSK: ExternalPsk = {
  identity: fromHex(PROVISIONED.kid),
  key: fromHex(PROVISIONED.key),
  hash: 'sha256',
  mode: 'raw',
};

for (const workers of nativeStatus.available ? [1, 2] : [1]) {
  test(`deleted before the client's Finished arrives, workers: ${workers}`, async (context) => {
    const network = await startNetwork({}, { workers, provisionedPsks: [PROVISIONED] });
    const slow = readSettings(impairmentSettings, { delayMs: 250 });
    const relay = await Relay.open({
      listen: { host: '127.0.0.1', port: 0 },
      remote: network.upf.proxies.access3gpp,
      outside: '127.0.0.1',
      uplink: slow,
      downlink: readSettings(impairmentSettings, {}),
    });
    context.after(async () => {
      relay.close();
      await network.lifecycle.stop();
    });
    const session = await connect(formatAddress(relay.address), {
      alpn: 'hq-interop',
      psk: PSK,
      local: '127.0.0.1',
    });
    session.onerror = () => undefined;
    // The UPF has used the PSK, and the client's Finished is on its way.
    await session.opened;
    assert.ok(network.upf.registry.delete(PSK.identity, undefined, 'a test'));
    await session.closed.catch(() => undefined);
    assert.equal(session.closeReason?.by, 'peer');
    assert.equal(session.closeReason.reason, 'its PSK was deleted meanwhile');
  });
}
