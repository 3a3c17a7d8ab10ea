export type { AccessReport, PacketCount } from './applications/access-counters.ts';
export type { Application, ApplicationKind } from './applications/application.ts';
export {
  type DnsQuestion,
  encodeQuery,
  readAnswer,
  writeQuestion,
} from './applications/dns-query.ts';
export type { DownloadReport } from './applications/file-download.ts';
export {
  accessRows,
  flowRows,
  type TableRows,
  trafficSentences,
} from './applications/traffic-table.ts';
export type { FlowReport, UserTrafficReport } from './applications/user-traffic.ts';
export { UeFailure, type UeFailureReason } from './failure.ts';
export {
  MpquicConnection,
  type MpquicOptions,
} from './mpquic/mpquic-connection.ts';
export type { PathRow } from './mpquic/path-row.ts';
export { type CutReport, type TransferReport, transfer } from './mpquic/transfer.ts';
export type { HandoverCommand } from './nas/handover.ts';
export {
  connectN1,
  type N1Options,
  type N1Receiver,
  type N1Transport,
} from './nas/n1-transport.ts';
export {
  forgetPsk,
  type MaPduSession,
  proxyFor,
  type SessionParameters,
  type UePsk,
} from './session/ma-pdu-session.ts';
export type { ProvisionedPsk, PskPolicy } from './session/session-psk.ts';
export { STORIES, type StoryName, type UeSettings, ueSettings } from './settings.ts';
export { type StoryOptions, tellStory } from './story/story.ts';
export { type AfterRelease, describeStory, type StoryReport } from './story/story-report.ts';
export { Ue, type UeOptions } from './ue.ts';
export { createUeAgent, type UeAgent, type UeIo } from './ue-agent.ts';
export type { UeEnvironment, UePolicy } from './ue-environment.ts';
export { ueAgentService } from './ue-service.ts';
export {
  type EntryPointOptions,
  openEntryPoints,
  serveTraffic,
  type Traffic,
  type TrafficOptions,
} from './user-plane/entry-points.ts';
export { type ForwardRule, parseForward, UdpForward } from './user-plane/udp-forward.ts';
export { UserConnection } from './user-plane/user-connection.ts';
export type { FlowReceiver, FlowTarget, UserFlow } from './user-plane/user-flow.ts';
export { UserPlane, type UserPlaneOptions } from './user-plane/user-plane.ts';
export { Usim, type UsimProfile } from './usim.ts';
