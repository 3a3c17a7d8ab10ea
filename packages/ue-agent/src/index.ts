export { UeFailure, type UeFailureReason } from './failure.ts';
export {
  forgetPsk,
  type MaPduSession,
  proxyFor,
  type SessionParameters,
  type UePsk,
} from './ma-pdu-session.ts';
export { connectN1, type N1Options, type N1Receiver, type N1Transport } from './n1-transport.ts';
export type { ProvisionedPsk, PskPolicy } from './session-psk.ts';
export { Ue, type UeOptions } from './ue.ts';
export type { UeEnvironment, UePolicy } from './ue-environment.ts';
export { Usim, type UsimProfile } from './usim.ts';
