import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type WasmModule, webAssembly } from './web-assembly.ts';

/** The engine was not built here; the message says how to. */
export class EngineNotBuilt extends Error {
  override readonly name = 'EngineNotBuilt';
  readonly code = 'NGTCP2_NOT_BUILT';
}

const BUILD = new URL('../../build/', import.meta.url);
const MODULE: string = fileURLToPath(new URL('ngtcp2.wasm', BUILD));
const VERSION: string = fileURLToPath(new URL('version', BUILD));

let compiled: WasmModule | undefined;

/** The version of ngtcp2 that was built here, such as `0.12.1`; undefined where none was. */
export function ngtcp2Version(): string | undefined {
  return existsSync(MODULE) ? readFileSync(VERSION, 'utf8').trim() : undefined;
}

/** The module, compiled once. @throws {EngineNotBuilt} */
export function ngtcp2Module(): WasmModule {
  if (compiled === undefined) {
    if (!existsSync(MODULE)) {
      throw new EngineNotBuilt(
        'ngtcp2 is not built as WebAssembly: run scripts/build-ngtcp2-wasm.sh (Debian, emscripten)',
      );
    }
    compiled = new webAssembly.Module(readFileSync(MODULE));
  }
  return compiled;
}
