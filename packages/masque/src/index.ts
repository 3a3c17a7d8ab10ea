export { FlowRoutes } from './flow-routes.ts';
export { HTTP3_ALPN, Http3Session, type Http3SessionOptions } from './http3-session.ts';
export type { ForwarderOptions, IpFlow, IpForwarder, OpenForwarder } from './ip-forwarder.ts';
export { IpProxy, type IpProxyCounters, type IpProxyOptions } from './ip-proxy.ts';
export { flowOf } from './packet-flow.ts';
export { QuicTransport } from './quic-transport.ts';
export {
  type Resolved,
  type ResolveHost,
  resolveHost,
  systemResolver,
} from './resolve-host.ts';
export { TargetSocket, type TargetSocketOptions } from './target-socket.ts';
export { buildUdp, readUdp, type UdpDatagram } from './udp-packet.ts';
export {
  type FlowTreatment,
  type UdpFlow,
  UdpProxy,
  type UdpProxyCounters,
  type UdpProxyOptions,
} from './udp-proxy.ts';
