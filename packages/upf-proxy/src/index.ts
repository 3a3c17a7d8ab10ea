export { AddressPool } from './n4/address-pool.ts';
export type { N4Session, SessionAddresses } from './n4/n4-session.ts';
export { PskRegistry } from './psk/psk-registry.ts';
export { type UpfSettings, upfSettings } from './settings.ts';
export { startUpf, type Upf, type UpfOptions, upfService } from './upf.ts';
export type { UserPlaneReport } from './user-plane/session-user-plane.ts';
