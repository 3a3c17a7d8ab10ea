import { AEAD_IV_LENGTH } from '@mpquic/crypto';
import type { Random } from '@mpquic/wire';
import type { KeyTable } from './key-table.ts';
import type { HostFunctions, PathNumbers, Pointer, Shim } from './shim.ts';
import type { StreamSet } from './stream-set.ts';

/** What a connection does when ngtcp2 calls; octets are lent for the call. False where the call failed. */
export interface ConnectionHost {
  readonly shim: Shim;
  readonly random: Random;
  readonly keys: KeyTable;
  readonly streams: StreamSet;
  initialKeys(destination: Uint8Array): boolean;
  startHandshake(): boolean;
  cryptoData(level: number, data: Uint8Array): boolean;
  handshakeConfirmed(): void;
  /** The key of the next phase by its number, and what belongs to it; undefined where there are no keys yet. */
  nextKey(
    writing: boolean,
    secret: Uint8Array,
  ):
    | { readonly packetKey: number; readonly secret: Uint8Array; readonly iv: Uint8Array }
    | undefined;
  /** A packet was sealed under this key. */
  sealedUnder(key: number): void;
  issueId(id: Uint8Array): Uint8Array;
  removeId(id: Uint8Array): void;
  streamsAvailable(bidirectional: boolean): void;
  datagram(data: Uint8Array): void;
  datagramStatus(id: number, status: 'acknowledged' | 'lost'): void;
  pathValidated(works: boolean, path: PathNumbers): void;
  statelessReset(): void;
  newToken(token: Uint8Array): void;
}

/** The imports of the module, which turn pointers into octets. `of` is asked at each call: it is made after them. */
export function hostFunctions(of: () => ConnectionHost): HostFunctions {
  return { ...cryptoFunctions(of), ...handshakeFunctions(of), ...dataFunctions(of) };
}

type CryptoFunction = 'random' | 'seal' | 'open' | 'mask' | 'forget_key' | 'next_key';

function cryptoFunctions(of: () => ConnectionHost): Pick<HostFunctions, CryptoFunction> {
  const view = (start: Pointer, length: number): Uint8Array => of().shim.view(start, length);
  return {
    random: (into, length) => void of().random.fill(view(into, length)),
    seal(key, into, plaintext, length, nonce, additional, additionalLength) {
      const host = of();
      host.sealedUnder(key);
      const sealed = host.keys.seal(
        key,
        view(into, length + TAG_LENGTH),
        view(nonce, AEAD_IV_LENGTH),
        view(additional, additionalLength),
        view(plaintext, length),
      );
      return status(sealed);
    },
    open(key, into, sealed, length, nonce, additional, additionalLength) {
      const opened = of().keys.open(
        key,
        view(into, length),
        view(nonce, AEAD_IV_LENGTH),
        view(additional, additionalLength),
        view(sealed, length),
      );
      return status(opened);
    },
    mask: (key, into, sample) =>
      status(of().keys.mask(key, view(into, MASK_LENGTH), view(sample, SAMPLE_LENGTH))),
    forget_key: (key) => of().keys.forget(key),
    next_key(writing, secret, length, nextSecret, iv) {
      const { shim } = of();
      const next = of().nextKey(writing !== 0, shim.view(secret, length));
      if (next === undefined) return 0;
      shim.put(nextSecret, next.secret);
      shim.put(iv, next.iv);
      next.secret.fill(0);
      return next.packetKey;
    },
  };
}

type HandshakeFunction =
  | 'initial_keys'
  | 'start_handshake'
  | 'crypto_data'
  | 'handshake_confirmed'
  | 'new_connection_id'
  | 'remove_connection_id'
  | 'path_validated'
  | 'stateless_reset'
  | 'new_token';

function handshakeFunctions(of: () => ConnectionHost): Pick<HostFunctions, HandshakeFunction> {
  return {
    initial_keys: (id, length) => status(of().initialKeys(of().shim.copy(id, length))),
    start_handshake: () => status(of().startHandshake()),
    // A copy: what the handshake answers goes through the same memory.
    crypto_data: (level, data, length) =>
      status(of().cryptoData(level, of().shim.copy(data, length))),
    handshake_confirmed: () => of().handshakeConfirmed(),
    new_connection_id(id, length, resetToken) {
      const { shim } = of();
      shim.put(resetToken, of().issueId(shim.view(id, length)));
      return 0;
    },
    remove_connection_id: (id, length) => of().removeId(of().shim.view(id, length)),
    path_validated: (outcome, ...path) => of().pathValidated(outcome !== 0, path),
    stateless_reset: () => of().statelessReset(),
    new_token: (token, length) => of().newToken(of().shim.copy(token, length)),
  };
}

function dataFunctions(
  of: () => ConnectionHost,
): Omit<HostFunctions, CryptoFunction | HandshakeFunction> {
  return {
    stream_opened: (stream) => of().streams.peerOpened(stream),
    stream_data(stream, data, length, fin) {
      of().streams.arrived(stream, of().shim.copy(data, length), fin !== 0);
    },
    stream_acknowledged: (stream, end, complete) =>
      of().streams.acknowledged(stream, end, complete !== 0),
    stream_closed: (stream) => of().streams.closed(stream),
    stream_reset: (stream, code) => of().streams.peerReset(stream, code),
    streams_available: (bidirectional) => of().streamsAvailable(bidirectional !== 0),
    datagram: (data, length) => of().datagram(of().shim.copy(data, length)),
    datagram_acknowledged: (id) => of().datagramStatus(id, 'acknowledged'),
    datagram_lost: (id) => of().datagramStatus(id, 'lost'),
  };
}

function status(success: boolean): number {
  return success ? 0 : -1;
}

const TAG_LENGTH = 16;
const MASK_LENGTH = 5;
const SAMPLE_LENGTH = 16;
