import { type ByteReader, type ByteWriter, formatIp, parseIp } from '@mpquic/wire';
import { subReader } from '../codec/sub-reader.ts';
import type { ValueCodec } from '../codec/value.ts';
import { MalformedValue } from '../errors.ts';
import { type AtsssRule, atsssRules } from './rule.ts';

/** The addresses of the UE on one access. */
export interface LinkAddress {
  readonly ipv4?: string;
  readonly ipv6?: string;
}

/** Where a proxy of the UPF listens. */
export interface ProxyAddress extends LinkAddress {
  /** UDP port for MPQUIC, TCP port for MPTCP. */
  readonly port: number;
  /** 1 transport converter (MPTCP), CONNECT-UDP (MPQUIC). Testbed encoding for MPQUIC. */
  readonly proxyType: number;
}

/** Network steering functionalities information: what the UE needs to reach the proxies. */
export interface NetworkSteering {
  /** Link-specific address over 3GPP access: IP@4 of TS 23.501 §5.32.6.2.2. */
  readonly ueAddress3gpp?: LinkAddress;
  /** Link-specific address over non-3GPP access: IP@5. */
  readonly ueAddressNon3gpp?: LinkAddress;
  readonly mptcpProxies?: readonly ProxyAddress[];
  /** Testbed encoding, in the form of the MPTCP ones. */
  readonly mpquicProxies?: readonly ProxyAddress[];
}

/** Where the UE finds the performance measurement function. */
export interface MeasurementAssistance {
  readonly address: LinkAddress;
  readonly port3gpp: number;
  readonly portNon3gpp: number;
  /** The UE reports the availability of an access. */
  readonly reportAvailability: boolean;
}

/** ATSSS container. TS 24.501 §9.11.4.22, parameters of TS 24.193 §6.1.2 */
export interface AtsssContainer {
  readonly rules?: readonly AtsssRule[];
  readonly networkSteering?: NetworkSteering;
  readonly measurementAssistance?: MeasurementAssistance;
}

/** Parameter identifiers. */
const RULES = 1;
const NETWORK_STEERING = 2;
const MEASUREMENT_ASSISTANCE = 3;

/** Parameters as identifier (1), length (2), content; unknown ones are skipped. */
export const atsssContainer: ValueCodec<AtsssContainer> = {
  read(reader) {
    let container: AtsssContainer = {};
    while (reader.remaining > 0) {
      const identifier = reader.uint8();
      const content = subReader(reader, reader.uint16());
      container = { ...container, ...readParameter(identifier, content) };
    }
    return container;
  },
  write(writer, { rules, networkSteering, measurementAssistance }) {
    if (rules !== undefined) {
      writer.uint8(RULES).vector(2, (body) => atsssRules.write(body, rules));
    }
    if (networkSteering !== undefined) {
      writer.uint8(NETWORK_STEERING);
      writer.vector(2, (body) => writeNetworkSteering(body, networkSteering));
    }
    if (measurementAssistance !== undefined) {
      const { address, port3gpp, portNon3gpp, reportAvailability } = measurementAssistance;
      writer.uint8(MEASUREMENT_ASSISTANCE).vector(2, (body) => {
        writeAddress(body, address);
        body
          .uint16(port3gpp)
          .uint16(portNon3gpp)
          .uint8(reportAvailability ? 1 : 0);
      });
    }
  },
};

function readParameter(identifier: number, reader: ByteReader): AtsssContainer {
  switch (identifier) {
    case RULES:
      return { rules: atsssRules.read(reader) };
    case NETWORK_STEERING:
      return { networkSteering: readNetworkSteering(reader) };
    case MEASUREMENT_ASSISTANCE:
      return {
        measurementAssistance: {
          address: readAddress(reader),
          port3gpp: reader.uint16(),
          portNon3gpp: reader.uint16(),
          reportAvailability: (reader.uint8() & 0x01) !== 0,
        },
      };
    default:
      return {};
  }
}

/** 3GPP address, non-3GPP address, MPTCP proxies, MPQUIC proxies: the last part may be absent. */
function readNetworkSteering(reader: ByteReader): NetworkSteering {
  const ueAddress3gpp = readAddress(reader);
  const ueAddressNon3gpp = readAddress(reader);
  const mptcpProxies = readProxies(reader);
  const mpquicProxies = reader.remaining > 0 ? readProxies(reader) : [];
  return {
    ...(isEmpty(ueAddress3gpp) ? {} : { ueAddress3gpp }),
    ...(isEmpty(ueAddressNon3gpp) ? {} : { ueAddressNon3gpp }),
    ...(mptcpProxies.length === 0 ? {} : { mptcpProxies }),
    ...(mpquicProxies.length === 0 ? {} : { mpquicProxies }),
  };
}

function writeNetworkSteering(writer: ByteWriter, steering: NetworkSteering): void {
  writeAddress(writer, steering.ueAddress3gpp ?? {});
  writeAddress(writer, steering.ueAddressNon3gpp ?? {});
  writeProxies(writer, steering.mptcpProxies ?? []);
  writeProxies(writer, steering.mpquicProxies ?? []);
}

function isEmpty(address: LinkAddress): boolean {
  return address.ipv4 === undefined && address.ipv6 === undefined;
}

/** Type (0 none, 1 IPv4, 2 IPv6, 3 both), then the addresses. */
function readAddress(reader: ByteReader): LinkAddress {
  const type = reader.uint8();
  if (type > 3) throw new MalformedValue(`address type ${type}`);
  const ipv4 = (type & 1) !== 0 ? { ipv4: formatIp(reader.bytes(4)) } : {};
  const ipv6 = (type & 2) !== 0 ? { ipv6: formatIp(reader.bytes(16)) } : {};
  return { ...ipv4, ...ipv6 };
}

function writeAddress(writer: ByteWriter, { ipv4, ipv6 }: LinkAddress): void {
  writer.uint8((ipv4 === undefined ? 0 : 1) | (ipv6 === undefined ? 0 : 2));
  if (ipv4 !== undefined) writer.bytes(parseIp(ipv4));
  if (ipv6 !== undefined) writer.bytes(parseIp(ipv6));
}

function readProxies(reader: ByteReader): ProxyAddress[] {
  const list = subReader(reader, reader.uint8());
  const proxies: ProxyAddress[] = [];
  while (list.remaining > 0) {
    proxies.push({ ...readAddress(list), port: list.uint16(), proxyType: list.uint8() });
  }
  return proxies;
}

function writeProxies(writer: ByteWriter, proxies: readonly ProxyAddress[]): void {
  writer.vector(1, (body) => {
    for (const proxy of proxies) {
      writeAddress(body, proxy);
      body.uint16(proxy.port).uint8(proxy.proxyType);
    }
  });
}
