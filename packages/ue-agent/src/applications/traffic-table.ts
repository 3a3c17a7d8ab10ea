import type { UserTrafficReport } from './user-traffic.ts';

/** A table as rows of cells, the first of which are the titles. */
export type TableRows = readonly (readonly string[])[];

/** Each flow of applications: its rule, and what was sent and lost while which accesses were there. */
export function flowRows({ flows }: UserTrafficReport): TableRows {
  const stages = flows[0]?.stages.map(({ stage }) => `lost/sent, ${stage}`) ?? [];
  const titles = ['flow', 'target', 'steering', 'transport', 'sent', 'answered', 'lost', '%'];
  return [
    [...titles, ...stages, 'p50 ms', 'p99 ms'],
    ...flows.map((flow) => [
      flow.name,
      flow.target,
      flow.steering,
      `${flow.functionality}, ${flow.transport}`,
      String(flow.sent),
      String(flow.answered),
      String(flow.lost),
      flow.lossPercent.toFixed(2),
      ...flow.stages.map(({ lost, sent }) => `${lost}/${sent}`),
      flow.rttMs?.p50.toFixed(2) ?? '-',
      flow.rttMs?.p99.toFixed(2) ?? '-',
    ]),
  ];
}

/** QUIC packets of user traffic over each access, as the UE sent and received them. */
export function accessRows({ accesses }: UserTrafficReport): TableRows {
  const stages = accesses[0]?.stages.map(({ stage }) => `sent+received, ${stage}`) ?? [];
  return [
    ['access', 'packets sent', 'received', 'lost', ...stages],
    ...accesses.map(({ access, packetsSent, packetsReceived, packetsLost, stages: parts }) => [
      access,
      String(packetsSent),
      String(packetsReceived),
      String(packetsLost),
      ...parts.map((part) => `${part.packetsSent}+${part.packetsReceived}`),
    ]),
  ];
}

/** What else there is to say, in sentences. */
export function trafficSentences({ cut, downloads }: UserTrafficReport): string[] {
  const sentences = downloads.map(
    ({ name, target, bytes, ms }) =>
      `${name}: ${bytes} octets from ${target} in ${ms.toFixed(0)} ms through the tunnel, SHA-256 as sent: nothing lost`,
  );
  if (cut === null) return sentences;
  const back =
    cut.backAfterMs === null
      ? 'and its path did not come back'
      : `its path in use again ${cut.backAfterMs.toFixed(0)} ms after its return`;
  return [...sentences, `${cut.access} access cut for ${cut.ms} ms while traffic ran; ${back}`];
}
