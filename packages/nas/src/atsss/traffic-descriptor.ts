import { ByteReader, ByteWriter, formatIp, parseIp, UnexpectedEnd } from '@mpquic/wire';
import { subReader } from '../codec/sub-reader.ts';
import type { ValueCodec } from '../codec/value.ts';
import { readLabels, writeLabels } from '../elements/dnn.ts';
import { MalformedValue } from '../errors.ts';

/**
 * One condition of a traffic descriptor; a packet matches a descriptor where all conditions hold.
 * Component types of TS 24.526 §5.2.
 */
export type TrafficComponent =
  | { readonly type: 'matchAll' }
  | { readonly type: 'remoteIpv4'; readonly address: string; readonly mask: string }
  | { readonly type: 'remoteIpv6'; readonly address: string; readonly prefixLength: number }
  | { readonly type: 'protocol'; readonly protocol: number }
  | { readonly type: 'remotePort'; readonly port: number }
  | { readonly type: 'remotePortRange'; readonly low: number; readonly high: number }
  | { readonly type: 'typeOfService'; readonly value: number; readonly mask: number }
  | { readonly type: 'fqdn'; readonly name: string };

interface ComponentRow<C extends TrafficComponent> {
  readonly code: number;
  read(reader: ByteReader): C;
  write(writer: ByteWriter, component: C): void;
}

type ComponentTable = {
  readonly [T in TrafficComponent['type']]: ComponentRow<Extract<TrafficComponent, { type: T }>>;
};

const COMPONENTS: ComponentTable = {
  matchAll: { code: 0x01, read: () => ({ type: 'matchAll' }), write: () => {} },
  remoteIpv4: {
    code: 0x10,
    read: (reader) => ({
      type: 'remoteIpv4',
      address: formatIp(reader.bytes(4)),
      mask: formatIp(reader.bytes(4)),
    }),
    write: (writer, { address, mask }) => writer.bytes(parseIp(address)).bytes(parseIp(mask)),
  },
  remoteIpv6: {
    code: 0x21,
    read(reader) {
      const address = formatIp(reader.bytes(16));
      const prefixLength = reader.uint8();
      if (prefixLength > 128) throw new MalformedValue(`prefix of ${prefixLength} bits`);
      return { type: 'remoteIpv6', address, prefixLength };
    },
    write: (writer, { address, prefixLength }) =>
      writer.bytes(parseIp(address)).uint8(prefixLength),
  },
  protocol: {
    code: 0x30,
    read: (reader) => ({ type: 'protocol', protocol: reader.uint8() }),
    write: (writer, { protocol }) => writer.uint8(protocol),
  },
  remotePort: {
    code: 0x50,
    read: (reader) => ({ type: 'remotePort', port: reader.uint16() }),
    write: (writer, { port }) => writer.uint16(port),
  },
  remotePortRange: {
    code: 0x51,
    read: (reader) => ({ type: 'remotePortRange', low: reader.uint16(), high: reader.uint16() }),
    write: (writer, { low, high }) => writer.uint16(low).uint16(high),
  },
  typeOfService: {
    code: 0x70,
    read: (reader) => ({ type: 'typeOfService', value: reader.uint8(), mask: reader.uint8() }),
    write: (writer, { value, mask }) => writer.uint8(value).uint8(mask),
  },
  fqdn: {
    code: 0x91,
    read: (reader) => ({ type: 'fqdn', name: readLabels(subReader(reader, reader.uint8())) }),
    write: (writer, { name }) => writer.vector(1, (body) => writeLabels(body, name)),
  },
};

/** @throws {MalformedValue} on a component of another type, whose length is unknown */
export const trafficDescriptor: ValueCodec<readonly TrafficComponent[]> = {
  read(reader) {
    const components: TrafficComponent[] = [];
    while (reader.remaining > 0) {
      const code = reader.uint8();
      const row = Object.values(COMPONENTS).find((candidate) => candidate.code === code);
      if (row === undefined) throw new MalformedValue(`traffic descriptor component ${code}`);
      components.push(row.read(reader));
    }
    if (components.length === 0) throw new MalformedValue('an empty traffic descriptor');
    return components;
  },
  write(writer, components) {
    for (const component of components) writeComponent(writer, component, component.type);
  },
};

/** Components as the octets of a packet filter, which are those of a descriptor. TS 24.501 §9.11.4.13 */
export function trafficComponents(components: readonly TrafficComponent[]): Uint8Array {
  const writer = new ByteWriter();
  trafficDescriptor.write(writer, components);
  return writer.finish();
}

/** The components of a packet filter; undefined where one is of an unknown type or cut short. */
export function readTrafficComponents(octets: Uint8Array): readonly TrafficComponent[] | undefined {
  try {
    return trafficDescriptor.read(new ByteReader(octets));
  } catch (error) {
    if (error instanceof MalformedValue || error instanceof UnexpectedEnd) return undefined;
    throw error;
  }
}

function writeComponent<T extends TrafficComponent['type']>(
  writer: ByteWriter,
  component: TrafficComponent,
  type: T,
): void {
  const row: ComponentRow<Extract<TrafficComponent, { type: T }>> = COMPONENTS[type];
  row.write(writer.uint8(row.code), component as Extract<TrafficComponent, { type: T }>);
}
