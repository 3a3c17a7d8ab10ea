import type { Address } from '@mpquic/wire';
import { AmplificationLimit } from '../paths/amplification-limit.ts';
import { type NetworkPath, Path, type PathRecovery } from '../paths/path.ts';
import { AckTracker, APPLICATION_ACK_POLICY } from '../recovery/ack-tracker.ts';
import { Cubic } from '../recovery/congestion/cubic.ts';
import { NewReno } from '../recovery/congestion/newreno.ts';
import { EcnValidation } from '../recovery/ecn-validation.ts';
import { LossDetection, Space } from '../recovery/loss-detection.ts';
import { Pacer } from '../recovery/pacer.ts';
import { RttEstimator } from '../recovery/rtt.ts';
import { SentPackets } from '../recovery/sent-packets.ts';
import type { ConnectionState } from '../state.ts';
import { PathDelivery } from '../transmit/delivery.ts';

/** Makes path `id` and adds it to the connection's paths. */
export function addPath(state: ConnectionState, id: number, network: NetworkPath): Path {
  const { config, paths, peer } = state;
  const record = paths.record(id);
  const path = new Path(id, network, {
    acks: new AckTracker(APPLICATION_ACK_POLICY, config.maxAckDelay),
    packets: new SentPackets(),
    record,
    maxDatagramSize: Math.min(config.maxUdpPayloadSize, peer?.maxUdpPayloadSize ?? 65527),
    createRecovery: (created) => createRecovery(state, created),
  });
  paths.add(path);
  return path;
}

/** RTT, congestion control and loss detection from scratch. RFC 9000 §9.4 */
export function createRecovery(
  state: ConnectionState,
  path: Path,
  before?: PathRecovery,
): PathRecovery {
  const { config, peer } = state;
  const rtt = new RttEstimator();
  const Controller = config.congestion === 'cubic' ? Cubic : NewReno;
  const congestion = new Controller(config.maxUdpPayloadSize);
  const loss = new LossDetection(rtt, congestion, new PathDelivery(state, path));
  if (peer !== undefined) loss.maxAckDelay = peer.maxAckDelay;
  loss.addSpace(Space.application, path.packets);
  const pacer = new Pacer(config.maxUdpPayloadSize);
  const { ecn: enabled = true } = config;
  const ecn = before === undefined ? new EcnValidation(enabled) : before.ecn.restarted(enabled);
  return { rtt, congestion, loss, pacer, ecn };
}

/** A 4-tuple; `validated` where the peer is known to own the address, or need not show it. */
export function networkPath(local: Address, remote: Address, validated: boolean): NetworkPath {
  return { local, remote, amplification: new AmplificationLimit(validated) };
}
