export { createNgtcp2ConnectionSet } from './connection-set.ts';
export { EngineNotBuilt, ngtcp2Version } from './wasm-module.ts';
