import type { ByteReader, ByteWriter } from '@mpquic/wire';
import { subReader } from '../codec/sub-reader.ts';
import type { ValueCodec } from '../codec/value.ts';
import {
  readSteeringMode,
  type SteeringMode,
  type SteeringThresholds,
  writeSteeringMode,
} from './steering.ts';
import { type TrafficComponent, trafficDescriptor } from './traffic-descriptor.ts';

/** An ATSSS rule: how the UE steers the uplink of what the descriptor matches. TS 23.501 §5.32.8 */
export interface AtsssRule {
  readonly identifier: number;
  /** 0 to 255; the lowest is looked at first. */
  readonly precedence: number;
  /** All components must match. */
  readonly trafficDescriptor: readonly TrafficComponent[];
  /** One of `SteeringFunctionality`. */
  readonly functionality: number;
  readonly mode: SteeringMode;
  /** One of `TransportMode`; with an MPQUIC functionality always, else never. */
  readonly transportMode?: number;
  readonly thresholds?: SteeringThresholds;
}

const HAS_TRANSPORT_MODE = 0x01;
const HAS_RTT = 0x02;
const HAS_LOSS_RATE = 0x04;

/**
 * Rules one behind the other. Testbed encoding on the base of TS 24.193 §6.1.3.2:
 * length (2), identifier, precedence, descriptor length (2), descriptor, access selection length (1), then
 * functionality, mode, mode information, presence flags, transport mode, RTT (2), loss rate.
 */
export const atsssRules: ValueCodec<readonly AtsssRule[]> = {
  read(reader) {
    const rules: AtsssRule[] = [];
    while (reader.remaining > 0) rules.push(readRule(subReader(reader, reader.uint16())));
    return rules;
  },
  write(writer, rules) {
    for (const rule of rules) {
      writer.vector(2, (body) => {
        body.uint8(rule.identifier).uint8(rule.precedence);
        body.vector(2, (content) => trafficDescriptor.write(content, rule.trafficDescriptor));
        body.vector(1, (content) => writeAccessSelection(content, rule));
      });
    }
  },
};

function readRule(reader: ByteReader): AtsssRule {
  const identifier = reader.uint8();
  const precedence = reader.uint8();
  const descriptor = trafficDescriptor.read(subReader(reader, reader.uint16()));
  const selection = subReader(reader, reader.uint8());
  const functionality = selection.uint8();
  const mode = readSteeringMode(selection);
  const flags = selection.uint8();
  const transport = (flags & HAS_TRANSPORT_MODE) !== 0 ? { transportMode: selection.uint8() } : {};
  const rtt = (flags & HAS_RTT) !== 0 ? { maximumRtt: selection.uint16() } : {};
  const loss = (flags & HAS_LOSS_RATE) !== 0 ? { maximumLossRate: selection.uint8() } : {};
  const bounded = (flags & (HAS_RTT | HAS_LOSS_RATE)) !== 0;
  const thresholds = bounded ? { thresholds: { ...rtt, ...loss } } : {};
  return {
    identifier,
    precedence,
    trafficDescriptor: descriptor,
    functionality,
    mode,
    ...transport,
    ...thresholds,
  };
}

function writeAccessSelection(writer: ByteWriter, rule: AtsssRule): void {
  const { maximumRtt, maximumLossRate } = rule.thresholds ?? {};
  writeSteeringMode(writer.uint8(rule.functionality), rule.mode);
  writer.uint8(
    (rule.transportMode === undefined ? 0 : HAS_TRANSPORT_MODE) |
      (maximumRtt === undefined ? 0 : HAS_RTT) |
      (maximumLossRate === undefined ? 0 : HAS_LOSS_RATE),
  );
  if (rule.transportMode !== undefined) writer.uint8(rule.transportMode);
  if (maximumRtt !== undefined) writer.uint16(maximumRtt);
  if (maximumLossRate !== undefined) writer.uint8(maximumLossRate);
}
