export { CapsuleParser, type CapsuleParserOptions, CapsuleType, encodeCapsule } from './capsule.ts';
export {
  Http3ConnectionError,
  Http3ErrorCode,
  type Http3ErrorName,
  Http3StreamError,
  http3ErrorName,
} from './error-code.ts';
export { Http3Connection } from './http3-connection.ts';
export type { Http3Event } from './http3-event.ts';
export type { Http3Options } from './http3-options.ts';
export type { ForwardingError } from './masque/icmp.ts';
export { type AssignAddress, scopeRanges } from './masque/ip-addressing.ts';
export type { AddressEntry, IpRange } from './masque/ip-capsules.ts';
export {
  buildIpPacket,
  type IpHeader,
  IpProtocol,
  readIpHeader,
  transportChecksum,
} from './masque/ip-packet.ts';
export {
  contains,
  formatPrefix,
  type IpAddress,
  type IpPrefix,
  parsePrefix,
  rangeOf,
} from './masque/ip-prefix.ts';
export { type IpDrop, IpTunnel, type IpTunnelOptions } from './masque/ip-tunnel.ts';
export {
  MasqueConnection,
  type MasqueOptions,
  type OpenTunnelOptions,
} from './masque/masque-connection.ts';
export type { ProxyHandler, TunnelDestination, TunnelRequest } from './masque/proxy-handler.ts';
export type { ProxyError, Refusal } from './masque/proxy-status.ts';
export {
  DEFAULT_REORDERING,
  ReorderingBuffer,
  type ReorderingOptions,
} from './masque/reordering-buffer.ts';
export { type IpScope, ipPath, type UdpTarget, udpPath } from './masque/target.ts';
export {
  parseTargetRule,
  TargetPolicy,
  type TargetPolicyOptions,
  type TargetRule,
} from './masque/target-policy.ts';
export type {
  SendOutcome,
  TransportMode,
  Tunnel,
  TunnelCounters,
  TunnelEnd,
  TunnelHandler,
} from './masque/tunnel.ts';
export type { TunnelProtocol } from './masque/tunnel-head.ts';
export { fieldValue, type RequestHead, type ResponseHead } from './message.ts';
export type { Field } from './qpack/field.ts';
export type { Http3Settings } from './settings.ts';
export type { DatagramRoute, Http3Transport, LentDatagrams } from './transport.ts';
export { WebTransportErrorCode } from './webtransport/application-error.ts';
export {
  availableProtocols,
  chosenProtocol,
  readAvailableProtocols,
  readChosenProtocol,
} from './webtransport/application-protocol.ts';
export type { WebTransportDraft } from './webtransport/draft.ts';
export type { CloseInfo } from './webtransport/session-capsules.ts';
export type { SessionRequestOptions } from './webtransport/session-head.ts';
export {
  WebTransportConnection,
  type WebTransportOptions,
} from './webtransport/webtransport-connection.ts';
export type { SessionEnd, WebTransportEvent } from './webtransport/webtransport-event.ts';
