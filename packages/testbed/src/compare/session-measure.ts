import { type Exposure, exposureOf, type Party } from '@mpquic/core';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { AccessType, findSolution } from '@mpquic/keys';
import { MpquicConnection } from '@mpquic/ue-agent';
import {
  kept,
  SERVING_NETWORK,
  SMF_INSTANCE_ID,
  type Stage,
  type StageSession,
  type StageUe,
  upfId,
} from '../experiments/stage.ts';
import { type Latencies, median, onLatentStage } from './latent-stage.ts';
import { type Signalling, signallingOf, type Traffic } from './signalling.ts';

/** What a session with one solution took, from its request to the end of its handshake. */
export interface SessionMeasure {
  readonly signalling: Signalling;
  /** Datagrams of the handshake and the second path, in both directions. */
  readonly quic: Traffic;
  readonly requestToAcceptMs: number;
  readonly acceptToHandshakeMs: number;
  readonly holders: Readonly<Record<Party, Exposure>>;
}

/** Sets up MA PDU sessions with their handshakes on both paths: counts of the first, times by median. */
export async function measureSession(
  solution: string,
  variant: string,
  { latencies, repeat = 1 }: { readonly latencies: Latencies; readonly repeat?: number },
): Promise<SessionMeasure> {
  const first = await measureOnce(solution, variant, latencies);
  const all = [first];
  while (all.length < repeat) all.push(await measureOnce(solution, variant, latencies));
  return {
    ...first,
    requestToAcceptMs: median(all.map(({ requestToAcceptMs }) => requestToAcceptMs)),
    acceptToHandshakeMs: median(all.map(({ acceptToHandshakeMs }) => acceptToHandshakeMs)),
  };
}

function measureOnce(
  solution: string,
  variant: string,
  latencies: Latencies,
): Promise<SessionMeasure> {
  return onLatentStage({ solution, variant }, latencies, play);
}

async function play(stage: Stage, one: StageUe): Promise<SessionMeasure> {
  const before = stage.events.events.length;
  const requestedAt = performance.now();
  const session = await one.ue.establishSession(5, '3gpp');
  const acceptedAt = performance.now();
  const psk = kept(await one.ue.derivePsk(session));
  const connection = await MpquicConnection.open(one.mpquic, session, psk, '3gpp');
  const doneAt = performance.now();
  const signalling = signallingOf(stage.events.events.slice(before));
  await connection.addPath('non-3gpp');
  const quic = {
    messages: one.captured.length,
    bytes: one.captured.reduce((sum, { payload }) => sum + payload.length, 0),
  };
  await connection.close();
  return {
    signalling,
    quic,
    requestToAcceptMs: acceptedAt - requestedAt,
    acceptToHandshakeMs: doneAt - acceptedAt,
    holders: holdersOf(stage, one, { session, psk }),
  };
}

function holdersOf(
  { events }: Stage,
  { supi }: StageUe,
  { session, psk }: StageSession,
): Readonly<Record<Party, Exposure>> {
  const { ueIp, pduSessionId, ulNasCount } = session;
  return exposureOf({
    crypto: nodeCryptoProvider,
    events: events.events,
    psk: psk.key,
    solution: findSolution(psk.solution),
    variant: psk.variant,
    servingNetworkName: SERVING_NETWORK,
    inputs: {
      supi,
      pduSessionId,
      ulNasCount,
      accessType: AccessType.threeGpp,
      upfId: upfId(0),
      smfInstanceId: SMF_INSTANCE_ID,
      ...(ueIp === undefined ? {} : { ueIp }),
    },
  });
}
