/** The baseline without PSK: server authentication by a certificate, as TS 33.501 Annex AA.2 has it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { MpquicConnection, UeFailure } from '@mpquic/ue-agent';
import { attempt } from '../src/experiments/attempt.ts';
import { Stage } from '../src/experiments/stage.ts';
import { newUpfCertificate } from '../src/experiments/upf-certificate.ts';

test('a UE that is told of no PSK takes the certificate of its UPF on both paths', async () => {
  const certificate = newUpfCertificate('127.0.0.1');
  await Stage.with({ solution: 'Y', certificate }, async (stage) => {
    const one = await stage.registeredUe();
    const session = await one.ue.establishSession(5, '3gpp');
    assert.equal(session.indication, undefined);
    const connection = await MpquicConnection.open(one.mpquic, session, undefined, '3gpp');
    assert.equal(connection.quic.handshake?.psk, undefined);
    assert.equal(await connection.addPath('non-3gpp'), 1);
    await connection.close();
    const { trust: _, ...trusting } = one.mpquic;
    await assert.rejects(MpquicConnection.open(trusting, session, undefined, '3gpp'), noPsk);
  });
});

test('a certificate of another authority is refused', async () => {
  const certificate = { ...newUpfCertificate('127.0.0.1'), trust: newUpfCertificate('::1').trust };
  await Stage.with({ solution: 'Y', certificate }, async (stage) => {
    const one = await stage.registeredUe();
    const session = await one.ue.establishSession(5, '3gpp');
    const opened = MpquicConnection.open(one.mpquic, session, undefined, '3gpp');
    await assert.rejects(
      opened,
      (error) => error instanceof UeFailure && error.reason === 'mpquic',
    );
  });
});

test('a UE that is told to use a PSK takes no certificate, whomever it trusts', async () => {
  const { trust } = newUpfCertificate('127.0.0.1');
  await Stage.with({ solution: '4' }, async (stage) => {
    const one = await stage.registeredUe();
    const made = await stage.session(one);
    const opened = MpquicConnection.open({ ...one.mpquic, trust }, made.session, undefined, '3gpp');
    await assert.rejects(opened, noPsk);
    assert.equal((await attempt(one, made)).accepted, true);
  });
});

function noPsk(error: unknown): boolean {
  return error instanceof UeFailure && error.reason === 'no_psk';
}
