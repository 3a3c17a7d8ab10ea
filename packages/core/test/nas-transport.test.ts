import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { encodeSm, PayloadType, SecurityHeaderType, SmCause } from '@mpquic/nas';
import { noEvents } from '@mpquic/service';
import type { AmfEnvironment } from '../src/amf/amf-environment.ts';
import { NasConnection } from '../src/amf/nas-connection.ts';
import { forwardUplink } from '../src/amf/nas-transport.ts';
import { AmfSecurityContext } from '../src/amf/security-context.ts';
import type { AmfSession, UeContext } from '../src/amf/ue-context.ts';
import { SbiProblem } from '../src/sbi/problem.ts';

function sessionOf(instance: number): AmfSession {
  return {
    pduSessionId: 5,
    instance,
    smContext: `/nsmf-pdusession/v1/sm-contexts/${instance}`,
    smfRecoveryTime: undefined,
    created: Promise.resolve(),
    access: '3gpp',
    accesses: new Set(['3gpp']),
    ulNasCount: 0,
    multiAccess: true,
  };
}

for (const begunAnew of [false, true]) {
  const what = begunAnew ? 'but not the one that the UE began meanwhile' : 'and the AMF with it';
  test(`the SMF knows a session no more, ${what}`, async () => {
    const address = { host: '127.0.0.1', port: 1 };
    const transport = { local: address, remote: address, send: () => {}, close: () => {} };
    const connection = new NasConnection('3gpp', transport, noEvents);
    connection.security = new AmfSecurityContext(nodeCryptoProvider, noEvents, {
      ngKsi: 0,
      kAmf: new Uint8Array(32).fill(1),
      kSeaf: undefined,
      algorithms: { encryption: 2, integrity: 2 },
    });
    const sessions = new Map([[5, sessionOf(1)]]);
    connection.ue = { sessions } as unknown as UeContext;
    const anew = sessionOf(2);
    const call = (): Promise<never> => {
      if (begunAnew) sessions.set(5, anew);
      return Promise.reject(new SbiProblem(404, 'CONTEXT_NOT_FOUND', 'no such session'));
    };
    const payload = encodeSm({
      type: 'smStatus',
      pduSessionId: 5,
      procedureTransactionId: 0,
      cause: SmCause.regularDeactivation,
    });
    await forwardUplink({ sbi: { call } } as unknown as AmfEnvironment, connection, {
      message: {
        type: 'uplinkNasTransport',
        payloadType: PayloadType.n1Sm,
        payload,
        pduSessionId: 5,
      },
      count: 1,
      headerType: SecurityHeaderType.integrityProtectedAndCiphered,
    });
    assert.equal(sessions.get(5), begunAnew ? anew : undefined);
  });
}
