import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type WasmModule, webAssembly } from './web-assembly.ts';

/** The engine was not built here, or from another shim; the message says what to do. */
export class EngineNotBuilt extends Error {
  override readonly name = 'EngineNotBuilt';
  readonly code = 'NGTCP2_NOT_BUILT';
}

const BUILD = new URL('../../build/', import.meta.url);
const MODULE: string = fileURLToPath(new URL('ngtcp2.wasm', BUILD));
const VERSION: string = fileURLToPath(new URL('version', BUILD));
/** The SHA-256 of all files of the shim, in the order of their names. */
const BUILT_FROM: string = fileURLToPath(new URL('shim.sha256', BUILD));
const SHIM: string = fileURLToPath(new URL('../../shim/', import.meta.url));

let compiled: WasmModule | undefined;

/** The version of ngtcp2 that was built here, such as `0.12.1`; undefined where none was, or the shim changed since. */
export function ngtcp2Version(): string | undefined {
  return isBuilt() ? readFileSync(VERSION, 'utf8').trim() : undefined;
}

/** The module, compiled once. @throws {EngineNotBuilt} */
export function ngtcp2Module(): WasmModule {
  if (compiled === undefined) {
    if (!isBuilt()) {
      throw new EngineNotBuilt(
        'ngtcp2 is not built as WebAssembly: run scripts/build-ngtcp2-wasm.sh (Debian, emscripten)',
      );
    }
    compiled = new webAssembly.Module(readFileSync(MODULE));
  }
  return compiled;
}

/** What it was built from is what is here. */
function isBuilt(): boolean {
  if (!existsSync(MODULE)) return false;
  const hash = createHash('sha256');
  for (const name of readdirSync(SHIM).sort()) hash.update(readFileSync(`${SHIM}${name}`));
  return readFileSync(BUILT_FROM, 'utf8').startsWith(hash.digest('hex'));
}
