import assert from 'node:assert/strict';
import {
  decodeSm,
  type EstablishmentRequest,
  MATCH_ALL,
  PayloadType,
  PskContainerId,
  type PskParameters,
  pskContainer,
  SmCause,
  type SmMessage,
} from '@mpquic/nas';
import type { Ue } from '../src/index.ts';
import { type AmfChannel, PLMN, type Received, type ScriptedAmf } from './scripted-amf.ts';

export const UPF = 'upf1.example';
export const UE_IP = '10.45.0.5';

/** How the SMF of a test answers. */
export interface SmfScript {
  readonly indication?: Partial<PskParameters>;
  readonly reject?: number;
  readonly withoutProxy?: boolean;
}

export interface Seen {
  request: EstablishmentRequest | undefined;
  count: number;
}

export function smfAnswer(message: SmMessage, script: SmfScript): SmMessage | undefined {
  const { pduSessionId, procedureTransactionId } = message;
  const header = { pduSessionId, procedureTransactionId };
  if (message.type === 'releaseRequest') {
    return { type: 'releaseCommand', ...header, cause: SmCause.regularDeactivation };
  }
  if (message.type !== 'establishmentRequest') return undefined;
  if (script.reject !== undefined) {
    return { type: 'establishmentReject', ...header, cause: script.reject };
  }
  return {
    type: 'establishmentAccept',
    ...header,
    pduSessionType: 1,
    sscMode: 1,
    qosRules: [
      {
        identifier: 1,
        operation: 1,
        isDefault: true,
        filters: [{ identifier: 1, direction: 3, components: MATCH_ALL }],
        precedence: 255,
        qfi: 1,
      },
    ],
    sessionAmbr: { downlinkKbps: 100_000, uplinkKbps: 50_000 },
    pduAddress: { ipv4: UE_IP },
    atsss: {
      networkSteering: {
        ueAddress3gpp: { ipv4: '10.61.0.1' },
        ueAddressNon3gpp: { ipv4: '10.62.0.1' },
        mpquicProxies: script.withoutProxy
          ? []
          : [
              { ipv4: '127.0.0.21', port: 4433, proxyType: 1 },
              { ipv4: '127.0.0.22', port: 4433, proxyType: 1 },
            ],
      },
    },
    configuration:
      script.indication === undefined
        ? []
        : [
            pskContainer(PskContainerId.indication, {
              plmn: PLMN,
              usingPsk: true,
              ...script.indication,
            }),
          ],
  };
}

/** Lets the scripted network also play the SMF. */
export function playSmf(amf: ScriptedAmf, script: SmfScript): Seen {
  const seen: Seen = { request: undefined, count: -1 };
  amf.script.intercept = (channel: AmfChannel, { message, count }: Received) => {
    if (message.type !== 'uplinkNasTransport') return false;
    assert.equal(message.payloadType, PayloadType.n1Sm);
    const session = decodeSm(message.payload);
    if (session.type === 'establishmentRequest') {
      assert.equal(message.requestType, 6);
      seen.request = session;
      seen.count = count ?? -1;
    }
    const answer = smfAnswer(session, script);
    if (answer !== undefined) channel.sendSm(answer);
    return true;
  };
  return seen;
}

export async function registered(ue: Ue): Promise<void> {
  await ue.register('3gpp');
  await ue.register('non-3gpp');
}
