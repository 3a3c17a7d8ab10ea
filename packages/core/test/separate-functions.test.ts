import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { Lifecycle, loadConfiguration, ServiceFailure, silentLogger } from '@mpquic/service';
import { formatAddress } from '@mpquic/wire';
import { coreSettings, startCore } from '../src/index.ts';
import { SUBSCRIBER, startFixture } from './core-fixture.ts';

const ANY = '127.0.0.1:0';

function configuration(flags: Record<string, unknown>) {
  return loadConfiguration(coreSettings, { role: 'core', flags });
}

/** UDM and AUSF as a process of their own would be. */
async function startHomeNetwork() {
  const lifecycle = new Lifecycle(silentLogger());
  const settings = configuration({
    nf: ['udm', 'ausf'],
    udmSbi: ANY,
    ausfSbi: ANY,
    subscribers: [SUBSCRIBER],
  });
  const core = await startCore(
    { configuration: settings, crypto: nodeCryptoProvider, logger: silentLogger() },
    lifecycle,
  );
  return { core, lifecycle };
}

test('AMF and SMF alone, with UDM and AUSF elsewhere', async () => {
  const home = await startHomeNetwork();
  const fixture = await startFixture({
    nf: ['amf', 'smf'],
    subscribers: [],
    udmSbi: formatAddress(home.core.sbiAddress('udm')),
    ausfSbi: formatAddress(home.core.sbiAddress('ausf')),
  });
  try {
    const ue = fixture.ue();
    await ue.register('3gpp');
    await ue.derivePsk(await ue.establishSession(5, '3gpp'));
    assert.equal(fixture.upf.psks.length, 1);
    assert.equal(home.core.n1, undefined);
  } finally {
    await fixture.stop();
    await home.lifecycle.stop();
  }
});

test('an AUSF that is down makes the AMF refuse, and once it is up the UE registers', async () => {
  const fixture = await startFixture({ nf: ['amf', 'smf', 'udm'], ausfSbi: '127.0.0.1:9' });
  try {
    await assert.rejects(fixture.ue().register('3gpp'), /REGISTRATION REJECT: congestion/);
  } finally {
    await fixture.stop();
  }
});

test('an AMF that restarts leaves no session and no PSK behind', async () => {
  const fixture = await startFixture({ sbiTransport: 'http2' });
  const lifecycle = new Lifecycle(silentLogger());
  try {
    const ue = fixture.ue();
    await ue.register('3gpp');
    await ue.establishSession(5, '3gpp');
    assert.equal(fixture.upf.sessions.size, 1);
    // The new life of the AMF knows nothing, and says so to the SMF that outlived the old one.
    const settings = configuration({
      nf: ['amf'],
      n1ThreeGpp: ANY,
      n1NonThreeGpp: ANY,
      amfSbi: ANY,
      smfSbi: formatAddress(fixture.core.sbiAddress('smf')),
    });
    await startCore(
      { configuration: settings, crypto: nodeCryptoProvider, logger: silentLogger() },
      lifecycle,
    );
    const end = performance.now() + 2_000;
    while (fixture.upf.sessions.size > 0 && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(fixture.upf.sessions.size, 0);
    assert.equal(fixture.core.counts().sessions, 0);
  } finally {
    await lifecycle.stop();
    await fixture.stop();
  }
});

test('a session that is older than the restart notice, but not than the AMF, stays', async () => {
  const fixture = await startFixture({ sbiTransport: 'http2' });
  try {
    const { sbi } = fixture.core;
    const recoveryTime = fixture.core.recoveryTime;
    const ue = fixture.ue();
    await ue.register('3gpp');
    await ue.derivePsk(await ue.establishSession(5, '3gpp'));
    const tell = (to: 'amf' | 'smf', from: 'amf' | 'smf', time: string) =>
      sbi.call(to, {
        method: 'POST',
        path: `/x-testbed-n${to}-control/v1/${from}-restarted`,
        body: { recoveryTime: time },
      });
    assert.deepEqual((await tell('smf', 'amf', recoveryTime)).body, { released: 0 });
    assert.deepEqual((await tell('amf', 'smf', recoveryTime)).body, { lost: 0 });
    assert.equal(fixture.upf.sessions.size, 1);
    const later = new Date(Date.parse(recoveryTime) + 1).toISOString();
    assert.deepEqual((await tell('amf', 'smf', later)).body, { lost: 1 });
    assert.deepEqual((await tell('smf', 'amf', later)).body, { released: 1 });
    assert.equal(fixture.upf.sessions.size, 0);
  } finally {
    await fixture.stop();
  }
});

test('local calls within one process need no port', async () => {
  const taken = '127.0.0.1:1';
  const fixture = await startFixture({
    udmSbi: taken,
    ausfSbi: taken,
    amfSbi: taken,
    smfSbi: taken,
  });
  try {
    const ue = fixture.ue();
    await ue.register('3gpp');
    await ue.derivePsk(await ue.establishSession(5, '3gpp'));
    assert.equal(fixture.upf.psks.length, 1);
  } finally {
    await fixture.stop();
  }
});

test('a port in use and an unknown variant end the start with one line', async () => {
  const fixture = await startFixture({ sbiTransport: 'http2' });
  try {
    const n1 = fixture.core.n1?.['3gpp'] ?? { host: '', port: 0 };
    for (const [flags, status, message] of [
      [{ n1ThreeGpp: formatAddress(n1) }, 1, /^N1 \(3gpp\): 127\.0\.0\.1:\d+ is in use/],
      [{ amfSbi: formatAddress(fixture.core.sbiAddress('amf')) }, 1, /^SBI of the AMF: .* in use/],
      [{ n4: formatAddress(fixture.core.n4 ?? n1) }, 1, /^N4: 127\.0\.0\.1:\d+ is in use/],
      [{ variant: 'best' }, 2, /no variant best; it has stored-count, access-bound/],
    ] as const) {
      const lifecycle = new Lifecycle(silentLogger());
      const settings = configuration({
        n1ThreeGpp: ANY,
        n1NonThreeGpp: ANY,
        udmSbi: ANY,
        ausfSbi: ANY,
        amfSbi: ANY,
        smfSbi: ANY,
        n4: ANY,
        upfs: '[]',
        ...flags,
      });
      const options = {
        configuration: settings,
        crypto: nodeCryptoProvider,
        logger: silentLogger(),
      };
      await assert.rejects(startCore(options, lifecycle), (error) => {
        assert.ok(error instanceof ServiceFailure);
        assert.equal(error.status, status);
        assert.match(error.message, message);
        return true;
      });
      await lifecycle.stop();
    }
  } finally {
    await fixture.stop();
  }
});
