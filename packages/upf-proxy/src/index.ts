export { AddressPool } from './address-pool.ts';
export { PskRegistry } from './psk-registry.ts';
export { type UpfSettings, upfSettings } from './settings.ts';
