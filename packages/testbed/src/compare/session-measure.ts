import { type Exposure, exposureOf, type Party } from '@mpquic/core';
import { nodeCryptoProvider } from '@mpquic/crypto';
import { AccessType, findSolution } from '@mpquic/keys';
import type { CapturedPacket } from '@mpquic/service';
import { MpquicConnection } from '@mpquic/ue-agent';
import { sameAddress } from '@mpquic/wire';
import { kept, type Stage, type StageSession, type StageUe } from '../experiments/stage.ts';
import { SERVING_NETWORK, SMF_INSTANCE_ID, upfId } from '../experiments/stage-roles.ts';
import { newUpfCertificate } from '../experiments/upf-certificate.ts';
import { type Latencies, median, onLatentStage } from './latent-stage.ts';
import { type Signalling, signallingOf, type Traffic } from './signalling.ts';
import type { Subject } from './subject.ts';

/** What a session took, from its request to the end of its handshake. Times in milliseconds. */
export interface SessionCost {
  readonly signalling: Signalling;
  /** Datagrams of the handshake and the second path, in both directions. */
  readonly quic: Traffic;
  /** How often the UE sent and had to wait for an answer until its handshake was confirmed. */
  readonly quicRoundTrips: number;
  readonly requestToAcceptMs: Span;
  readonly acceptToHandshakeMs: Span;
  readonly totalMs: Span;
}

/** A time that was measured several times: what a busy machine adds is not in the least of them. */
export interface Span {
  readonly least: number;
  readonly median: number;
}

/** A session with a PSK, and who knows it. */
export interface SessionMeasure extends SessionCost {
  readonly holders: Readonly<Record<Party, Exposure>>;
}

/** A session without PSK: the UPF shows a certificate. */
export interface BaselineMeasure extends SessionCost {
  /** Of the one certificate that the UPF sends. */
  readonly certificateOctets: number;
}

/** Sets up an MA PDU session with its handshake on both paths. */
export function measureSession(subject: Subject, latencies: Latencies): Promise<SessionMeasure> {
  return onLatentStage(subject, latencies, async (stage, one) => {
    let psk: StageSession['psk'] | undefined;
    const { session, ...cost } = await playSession(stage, one, async (made) => {
      psk = kept(await one.ue.derivePsk(made));
      return psk;
    });
    if (psk === undefined) throw new Error('a session without PSK');
    return { ...cost, holders: holdersOf(stage, one, { session, psk }) };
  });
}

/** The same with no PSK at all: the core indicates none, and the UPF shows a certificate. */
export function measureBaseline(latencies: Latencies): Promise<BaselineMeasure> {
  // Of the relays, which stand for the accesses.
  const certificate = newUpfCertificate('127.0.0.1');
  return onLatentStage({ solution: 'Y', certificate }, latencies, async (stage, one) => {
    const { session: _, ...cost } = await playSession(stage, one, async () => undefined);
    return { ...cost, certificateOctets: certificate.octets };
  });
}

/** One of several: signalling of the first, datagrams by median. At least one. */
export function combined<Cost extends SessionCost>(all: readonly Cost[]): Cost {
  const span = (name: 'requestToAcceptMs' | 'acceptToHandshakeMs' | 'totalMs'): Span =>
    spanOf(all.map((cost) => cost[name].median));
  return {
    ...(all[0] as Cost),
    quic: {
      messages: median(all.map(({ quic }) => quic.messages)),
      bytes: median(all.map(({ quic }) => quic.bytes)),
    },
    quicRoundTrips: median(all.map(({ quicRoundTrips }) => quicRoundTrips)),
    requestToAcceptMs: span('requestToAcceptMs'),
    acceptToHandshakeMs: span('acceptToHandshakeMs'),
    totalMs: span('totalMs'),
  };
}

function spanOf(values: readonly number[]): Span {
  return { least: Math.min(...values), median: median(values) };
}

async function playSession(
  stage: Stage,
  one: StageUe,
  credential: (session: StageSession['session']) => Promise<StageSession['psk'] | undefined>,
): Promise<SessionCost & { readonly session: StageSession['session'] }> {
  const before = stage.events.events.length;
  const requestedAt = performance.now();
  const session = await one.ue.establishSession(5, '3gpp');
  const acceptedAt = performance.now();
  const connection = await MpquicConnection.open(
    one.mpquic,
    session,
    await credential(session),
    '3gpp',
  );
  const doneAt = performance.now();
  const quicRoundTrips = roundTrips(one.captured);
  const signalling = signallingOf(stage.events.events.slice(before));
  await connection.addPath('non-3gpp');
  const quic = {
    messages: one.captured.length,
    bytes: one.captured.reduce((sum, { payload }) => sum + payload.length, 0),
  };
  await connection.close();
  return {
    session,
    signalling,
    quic,
    quicRoundTrips,
    requestToAcceptMs: spanOf([acceptedAt - requestedAt]),
    acceptToHandshakeMs: spanOf([doneAt - acceptedAt]),
    totalMs: spanOf([doneAt - requestedAt]),
  };
}

/** Changes from sending to receiving, in what a UE captured. */
function roundTrips(captured: readonly CapturedPacket[]): number {
  const [first] = captured;
  if (first === undefined) return 0;
  const sent = captured.map(({ source }) => sameAddress(source, first.source));
  return sent.filter((isSent, i) => isSent && sent[i + 1] === false).length;
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
