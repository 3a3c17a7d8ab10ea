import type { ByteReader } from '@mpquic/wire';
import { subReader } from '../codec/sub-reader.ts';
import type { ValueCodec } from '../codec/value.ts';
import { MalformedValue } from '../errors.ts';

/** What a QoS rule or flow description is told to do. TS 24.501 §9.11.4.13 */
export const QosOperation = {
  create: 1,
  delete: 2,
  modifyAddingFilters: 3,
  modifyReplacingFilters: 4,
  modifyDeletingFilters: 5,
  modifyWithoutFilters: 6,
} as const;

/** Direction of a packet filter: 1 downlink, 2 uplink, 3 both. */
export interface PacketFilter {
  /** 0 to 15. */
  readonly identifier: number;
  readonly direction: number;
  /** Components as on the wire; {@link MATCH_ALL} for any packet. Empty where filters are deleted. */
  readonly components: Uint8Array;
}

/** The packet filter component of type "match-all". */
export const MATCH_ALL: Uint8Array = Uint8Array.of(0x01);

/** A QoS rule. TS 24.501 §9.11.4.13 */
export interface QosRule {
  readonly identifier: number;
  /** One of {@link QosOperation}. */
  readonly operation: number;
  readonly isDefault: boolean;
  readonly filters: readonly PacketFilter[];
  readonly precedence?: number;
  /** QoS flow identifier, 0 to 63. */
  readonly qfi?: number;
}

const FILTER_IDENTIFIERS_ONLY = QosOperation.modifyDeletingFilters;

export const qosRules: ValueCodec<readonly QosRule[]> = {
  read(reader) {
    const rules: QosRule[] = [];
    while (reader.remaining > 0) {
      const identifier = reader.uint8();
      rules.push(readRule(identifier, subReader(reader, reader.uint16())));
    }
    return rules;
  },
  write(writer, rules) {
    for (const rule of rules) {
      writer.uint8(rule.identifier).vector(2, (body) => {
        body.uint8((rule.operation << 5) | (rule.isDefault ? 0x10 : 0) | rule.filters.length);
        for (const filter of rule.filters) {
          if (rule.operation === FILTER_IDENTIFIERS_ONLY) {
            body.uint8(filter.identifier);
            continue;
          }
          body.uint8((filter.direction << 4) | filter.identifier);
          body.vector(1, (content) => content.bytes(filter.components));
        }
        if (rule.precedence !== undefined) body.uint8(rule.precedence).uint8(rule.qfi ?? 0);
      });
    }
  },
};

function readRule(identifier: number, reader: ByteReader): QosRule {
  const octet = reader.uint8();
  const operation = octet >>> 5;
  const filters = Array.from({ length: octet & 0x0f }, () => readFilter(operation, reader));
  const tail =
    reader.remaining >= 2 ? { precedence: reader.uint8(), qfi: reader.uint8() & 0x3f } : {};
  return { identifier, operation, isDefault: (octet & 0x10) !== 0, filters, ...tail };
}

function readFilter(operation: number, reader: ByteReader): PacketFilter {
  const octet = reader.uint8();
  const identifier = octet & 0x0f;
  if (operation === FILTER_IDENTIFIERS_ONLY) {
    return { identifier, direction: 0, components: new Uint8Array(0) };
  }
  const components = reader.bytes(reader.uint8());
  return { identifier, direction: (octet >>> 4) & 0x03, components };
}

/** A QoS flow description: its 5QI, other parameters are skipped. TS 24.501 §9.11.4.12 */
export interface QosFlowDescription {
  readonly qfi: number;
  /** 1 create, 2 delete, 3 modify. */
  readonly operation: number;
  readonly fiveQi?: number;
}

const PARAMETER_5QI = 1;
const PARAMETERS_INCLUDED = 0x40;

export const qosFlowDescriptions: ValueCodec<readonly QosFlowDescription[]> = {
  read(reader) {
    const flows: QosFlowDescription[] = [];
    while (reader.remaining > 0) {
      const qfi = reader.uint8() & 0x3f;
      const operation = reader.uint8() >>> 5;
      flows.push({ qfi, operation, ...readFlowParameters(reader) });
    }
    return flows;
  },
  write(writer, flows) {
    for (const { qfi, operation, fiveQi } of flows) {
      writer.uint8(qfi).uint8(operation << 5);
      if (fiveQi === undefined) writer.uint8(0);
      else writer.uint8(PARAMETERS_INCLUDED | 1).bytes(Uint8Array.of(PARAMETER_5QI, 1, fiveQi));
    }
  },
};

function readFlowParameters(reader: ByteReader): { fiveQi?: number } {
  const count = reader.uint8() & 0x3f;
  let found: { fiveQi?: number } = {};
  for (let i = 0; i < count; i++) {
    const parameter = reader.uint8();
    const value = reader.bytes(reader.uint8());
    if (parameter !== PARAMETER_5QI) continue;
    if (value[0] === undefined) throw new MalformedValue('empty 5QI');
    found = { fiveQi: value[0] };
  }
  return found;
}
