import { ngtcp2Module } from './wasm-module.ts';
import { type WasmMemory, webAssembly } from './web-assembly.ts';

/** An offset into the memory of an instance. */
export type Pointer = number;

/** What calls of the shim come to, where they give no number of octets. As in shim/connection.c. */
export const Outcome = {
  done: 0,
  /** To be closed as `close_*` tell. */
  failed: -1,
  /** The peer closed, as `close_*` tell. */
  draining: -2,
  closing: -3,
  dropped: -4,
  retry: -5,
  idle: -6,
  /** By flow control. */
  blocked: -7,
  /** The stream takes nothing any more. */
  gone: -8,
  refused: -9,
  /** There is room left in the packet. */
  more: -10,
  /** The server named its versions, and none of them is ours. */
  noVersion: -11,
} as const;

/** What the shim calls: the imports of shim/host.h. Numbers that are returned are 0 for success. */
export interface HostFunctions {
  random(into: Pointer, length: number): void;
  seal(
    key: number,
    into: Pointer,
    plaintext: Pointer,
    length: number,
    nonce: Pointer,
    additional: Pointer,
    additionalLength: number,
  ): number;
  open(
    key: number,
    into: Pointer,
    sealed: Pointer,
    length: number,
    nonce: Pointer,
    additional: Pointer,
    additionalLength: number,
  ): number;
  mask(key: number, into: Pointer, sample: Pointer): number;
  forget_key(key: number): void;
  next_key(
    writing: number,
    secret: Pointer,
    length: number,
    nextSecret: Pointer,
    iv: Pointer,
  ): number;
  initial_keys(destination: Pointer, length: number): number;
  start_handshake(): number;
  crypto_data(level: number, data: Pointer, length: number): number;
  handshake_confirmed(): void;
  new_connection_id(id: Pointer, length: number, resetToken: Pointer): number;
  remove_connection_id(id: Pointer, length: number): void;
  stream_opened(stream: number): void;
  stream_data(stream: number, data: Pointer, length: number, fin: number): void;
  stream_acknowledged(stream: number, end: number, complete: number): void;
  stream_closed(stream: number): void;
  stream_reset(stream: number, code: number): void;
  streams_available(bidirectional: number): void;
  datagram(data: Pointer, length: number): void;
  datagram_acknowledged(id: number): void;
  datagram_lost(id: number): void;
  path_validated(outcome: number, ...path: PathNumbers): void;
  stateless_reset(): void;
  new_token(token: Pointer, length: number): void;
}

/** Local host and port, remote host and port; hosts by the numbers of `HostNumbers`. */
export type PathNumbers = readonly [
  localHost: number,
  localPort: number,
  remoteHost: number,
  remotePort: number,
];

type Limit =
  | 'initial_max_data'
  | 'initial_max_stream_data_bidi_local'
  | 'initial_max_stream_data_bidi_remote'
  | 'initial_max_stream_data_uni'
  | 'initial_max_streams_bidi'
  | 'initial_max_streams_uni'
  | 'max_idle_timeout'
  | 'active_connection_id_limit'
  | 'ack_delay_exponent'
  | 'max_ack_delay'
  | 'max_datagram_frame_size'
  | 'disable_active_migration'
  | 'max_window'
  | 'max_stream_window'
  | 'max_tx_udp_payload_size'
  | 'cc_algo';

/** The exports of shim/connection.c and shim/stateless.c, where they are described. Times are microseconds. */
export interface ShimFunctions extends Readonly<Record<`set_${Limit}`, (value: number) => void>> {
  _initialize(): void;
  inbox_start(): Pointer;
  outbox_start(): Pointer;
  scratch_start(): Pointer;
  reserve(length: number): Pointer;
  release(memory: Pointer): void;

  read_header(length: number): number;
  header_destination(): Pointer;
  header_destination_length(): number;
  header_source(): Pointer;
  header_source_length(): number;
  header_version(): number;
  read_initial(length: number): number;
  initial_token(): Pointer;
  initial_token_length(): number;
  write_version_negotiation(): number;
  write_retry(retryKey: number, tokenLength: number): number;
  write_refusal(code: number, packetKey: number, maskKey: number): number;
  write_stateless_reset(received: number): number;

  begin(now: number): void;
  create_client(
    localHost: number,
    localPort: number,
    remoteHost: number,
    remotePort: number,
    tokenLength: number,
  ): number;
  create_server(
    localHost: number,
    localPort: number,
    remoteHost: number,
    remotePort: number,
    sourceLength: number,
    destinationLength: number,
    originalLength: number,
    tokenLength: number,
  ): number;
  receive(
    length: number,
    ecn: number,
    localHost: number,
    localPort: number,
    remoteHost: number,
    remotePort: number,
    now: number,
  ): number;
  expire(now: number): number;
  expiry(): number;
  begin_packet(): void;
  write_stream(
    stream: number,
    data: Pointer,
    length: number,
    fin: number,
    more: number,
    now: number,
  ): number;
  write_datagram(id: number, data: Pointer, length: number, now: number): number;
  write_close(now: number): number;
  taken(): number;
  packets_sent(now: number): void;
  set_ping(owed: number): void;
  path_local_host(): number;
  path_local_port(): number;
  path_remote_host(): number;
  path_remote_port(): number;
  path_ecn(): number;
  set_close(application: number, code: number, reasonLength: number): void;
  close_is_application(): number;
  close_code(): number;
  close_frame_type(): number;
  close_reason(): Pointer;
  close_reason_length(): number;
  local_parameters(): number;
  receive_parameters(length: number): number;
  submit_crypto(level: number, length: number): number;
  complete_handshake(): void;
  install_initial_keys(
    readKey: number,
    readMask: number,
    writeKey: number,
    writeMask: number,
    retryKey: number,
  ): number;
  set_limits(sealLimit: number, openLimit: number): void;
  install_key(
    application: number,
    reading: number,
    packetKey: number,
    maskKey: number,
    secretLength: number,
  ): number;
  open_stream(bidirectional: number): number;
  reset_stream(stream: number, code: number): void;
  stop_sending(stream: number, code: number): void;
  stopped_code(stream: number): number;
  extend_windows(stream: number, length: number): void;
  extend_streams(bidirectional: number): void;
  max_data_left(): number;
  update_keys(now: number): number;
  migrate(
    localHost: number,
    localPort: number,
    remoteHost: number,
    remotePort: number,
    now: number,
  ): number;
  peer_max_datagram_frame_size(): number;
  max_packet_size(): number;
  peer_id_length(): number;
  read_statistics(): void;
  latest_rtt(): number;
  min_rtt(): number;
  smoothed_rtt(): number;
  rtt_variance(): number;
  congestion_window(): number;
  bytes_in_flight(): number;
  pto_count(): number;
  probe_timeout(): number;
}

/** Octets of the area that a datagram is put into. */
export const INBOX_LENGTH = 65_536;

/** Octets of the area from which the shim takes what is handed over within its calls. */
export const SCRATCH_LENGTH = 16_384;

/** One instance of the module, with a memory of its own: what breaks one connection breaks no other. */
export class Shim {
  readonly call: ShimFunctions;
  readonly inbox: Pointer;
  readonly outbox: Pointer;
  readonly scratch: Pointer;
  readonly #memory: WasmMemory;
  #octets: Uint8Array;

  /** @throws {EngineNotBuilt} */
  constructor(host: HostFunctions) {
    const { exports } = new webAssembly.Instance(ngtcp2Module(), {
      host: { ...host },
      env: { emscripten_notify_memory_growth: () => undefined },
      // The C library names them for standard output, which nothing here writes.
      wasi_snapshot_preview1: {
        proc_exit: stop,
        fd_close: stop,
        fd_write: stop,
        fd_seek: stop,
      },
    });
    this.call = exports as unknown as ShimFunctions;
    this.#memory = exports['memory'] as WasmMemory;
    this.#octets = new Uint8Array(this.#memory.buffer);
    this.call._initialize();
    this.inbox = this.call.inbox_start();
    this.outbox = this.call.outbox_start();
    this.scratch = this.call.scratch_start();
  }

  /** The memory as it is now: a call may make it grow, and this view with it useless. */
  get octets(): Uint8Array {
    if (this.#octets.buffer !== this.#memory.buffer) {
      this.#octets = new Uint8Array(this.#memory.buffer);
    }
    return this.#octets;
  }

  /** A view, good until the next call. */
  view(start: Pointer, length: number): Uint8Array {
    return this.octets.subarray(start, start + length);
  }

  copy(start: Pointer, length: number): Uint8Array {
    return this.octets.slice(start, start + length);
  }

  put(at: Pointer, octets: Uint8Array): void {
    this.octets.set(octets, at);
  }
}

function stop(): never {
  throw new webAssembly.RuntimeError('the module asked for what it never needs');
}
