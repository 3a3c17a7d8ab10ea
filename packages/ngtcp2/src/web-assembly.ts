/** A compiled module. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

export interface WasmMemory {
  /** Another one after the memory has grown. */
  readonly buffer: ArrayBuffer;
}

type Imports = Readonly<Record<string, object>>;

interface WebAssemblyApi {
  readonly Module: new (octets: Uint8Array) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: Imports,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly RuntimeError: new (message?: string) => Error;
}

/** The part of WebAssembly that is used here: neither the types of ECMAScript nor those of Node.js 20 have it. */
export const webAssembly: WebAssemblyApi = (
  globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }
).WebAssembly;
