/** D25 and D26: what someone with the PSK can do to traffic, afterwards and at the time. */
import { type SolutionId, solutions } from '@mpquic/keys';
import { MpquicConnection, transfer } from '@mpquic/ue-agent';
import { equalBytes } from '@mpquic/wire';
import { openWith, readHellos, secretsWithoutExchange } from './eavesdropper.ts';
import { type Experiment, seen, verdictOf } from './experiment.ts';
import { pskAtUpf } from './impostor.ts';
import { recordPskKe } from './psk-ke-recording.ts';
import { RelayInTheMiddle } from './relay-in-the-middle.ts';
import { Stage, type StageSession, type StageUe } from './stage.ts';
import { upfId } from './stage-roles.ts';

const TRANSFER = 20_000;

export const recordedTrafficExperiments: readonly Experiment[] = [
  {
    id: 'D25',
    title:
      'after a leak of the PSK a recording stays closed with psk_dhe_ke, and opens with psk_ke',
    solutions: ['Y'],
    why: 'a provisioned PSK lives for years; without an ephemeral exchange its leak opens all of them.',
    mitigation: 'psk_dhe_ke only, as TS 33.210 and this testbed have it',
    run: async (solution) => {
      const { recording, withKeyLog, withPsk } = await readAfterwards(solution);
      const pskKe = await recordPskKe();
      return verdictOf(
        withKeyLog.opened > 0 && withPsk.opened === 0 && pskKe.recovered === pskKe.sent,
        [
          seen('QUIC with psk_dhe_ke: protected packets recorded', recording),
          seen('opened with the PSK', withPsk.opened),
          seen('opened with the key log, as a check of the method', withKeyLog.opened),
          seen('TLS 1.3 with psk_ke (OpenSSL, over TCP): application data sent', pskKe.sent),
          seen('read from the recording with the PSK', pskKe.recovered),
        ],
        withPsk.opened === 0,
      );
    },
  },
  {
    id: 'D26',
    title: 'an insider with the PSK cannot read along, but as man in the middle reads everything',
    solutions: solutions.map(({ id }) => id),
    why: 'SMF, AMF or a reader of N4 have the PSK: psk_dhe_ke protects against reading, not against acting.',
    mitigation: 'protection of N4 (IPsec) and keys that fewer functions hold; none was run',
    run: async (solution) => {
      const passive = await readAfterwards(solution);
      const active = await inTheMiddle(solution);
      return verdictOf(
        passive.withPsk.opened === 0 && passive.withKeyLog.opened > 0 && active.intact,
        [
          seen('where the insider has the PSK from', active.source),
          seen('protected packets recorded', passive.recording),
          seen('opened by reading along with the PSK', passive.withPsk.opened),
          seen('requests read in the middle', active.requests),
          seen('octets of answers read in the middle', active.octets),
          seen('UE notices nothing: transfer complete and correct', active.intact),
        ],
      );
    },
  },
];

/** A transfer, recorded on the path, and what of it opens with the PSK or with the key log. */
function readAfterwards(solution: SolutionId) {
  return Stage.with({ solution }, async (stage) => {
    const one = await stage.registeredUe();
    const made = await stage.session(one);
    await download(one, made);
    const { captured, keyLog } = one;
    const withPsk = openWith(captured, secretsWithoutExchange(made.psk.key, readHellos(captured)));
    return {
      recording: withPsk.opened + withPsk.closed,
      withPsk,
      withKeyLog: openWith(captured, keyLog.join('\n')),
    };
  });
}

function inTheMiddle(solution: SolutionId) {
  return Stage.with({ solution }, async (stage) => {
    const one = await stage.registeredUe();
    const made = await stage.session(one);
    const { pduSessionId } = made.session;
    const psk = pskAtUpf(made.psk, { pduSessionId, upfId: upfId(0) });
    const insider = await RelayInTheMiddle.listen(psk, stage.upf.proxies.access3gpp);
    try {
      await download(one, made, { vias: { '3gpp': insider.address } });
      const { requests, octets } = insider;
      return {
        source: holdersOf(stage, made.psk.key),
        requests: requests.length,
        octets,
        intact: octets === TRANSFER,
      };
    } finally {
      await insider.close();
    }
  });
}

/** Who of the core derived or received the PSK in this run. */
function holdersOf({ events }: Stage, psk: Uint8Array): string {
  const holders = events.events.flatMap((event) =>
    (event.type === 'key' || event.type === 'key_received') &&
    event.holder !== 'ue' &&
    event.holder !== 'upf' &&
    equalBytes(event.value, psk)
      ? [event.holder]
      : [],
  );
  return holders.length === 0 ? 'provisioning' : [...new Set(holders)].join(', ');
}

/** Throws where the octets that arrive are not those that were asked for. */
async function download(
  { mpquic }: StageUe,
  { session, psk }: StageSession,
  options: Partial<StageUe['mpquic']> = {},
): Promise<void> {
  const connection = await MpquicConnection.open({ ...mpquic, ...options }, session, psk, '3gpp');
  await transfer(connection.quic, { bytes: TRANSFER });
  await connection.close();
}
