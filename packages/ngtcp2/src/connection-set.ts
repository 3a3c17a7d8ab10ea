import {
  type ClientConfig,
  type ConnectionConfig,
  type ConnectionMachine,
  type ConnectionSet,
  type ConnectionSetOptions,
  type ServerConfig,
  TransportErrorCode,
} from '@mpquic/quic';
import {
  concatBytes,
  type Datagram,
  type Instant,
  type Random,
  sameAddress,
  type Transmit,
  UsageError,
} from '@mpquic/wire';
import { Ngtcp2Connection } from './connection.ts';
import { CONNECTION_ID_LENGTH, ConnectionIds } from './connection-ids.ts';
import { clientHandshake, serverHandshake } from './handshake-creation.ts';
import { RetryTokens } from './retry-tokens.ts';
import { checkConfig } from './settings.ts';
import { Outcome } from './shim.ts';
import { type InvariantHeader, Stateless } from './stateless.ts';
import { ngtcp2Module } from './wasm-module.ts';

export interface Ngtcp2SetOptions extends ConnectionSetOptions {
  /** Connections beyond which new clients are refused: each has an instance of the module, about 300 KB. Default 1024. */
  readonly connectionLimit?: number | undefined;
}

/**
 * Connections of ngtcp2 as WebAssembly behind the contract of quic: for `connections` of a `QuicEndpoint`.
 * QUIC version 1, one path, no 0-RTT.
 * @throws {EngineNotBuilt}
 */
export function createNgtcp2ConnectionSet(options: Ngtcp2SetOptions = {}): ConnectionSet {
  ngtcp2Module();
  if (options.serverId !== undefined) {
    throw new UsageError('the ngtcp2 engine does not share an address among workers');
  }
  return new Ngtcp2Connections(options);
}

/** What is made with the first configuration. */
interface Shared {
  readonly ids: ConnectionIds<object>;
  readonly stateless: Stateless;
  readonly retryTokens: RetryTokens;
  readonly random: Random;
}

/** A first Initial that may begin a connection. */
interface Beginning {
  readonly datagram: Datagram;
  readonly header: InvariantHeader;
  /** The destination of the client's very first Initial, where there was a Retry. */
  readonly original: Uint8Array;
  readonly token: Uint8Array;
}

class Ngtcp2Connections implements ConnectionSet {
  readonly dropped: Record<string, number> = {};
  readonly #options: Ngtcp2SetOptions;
  readonly #connections = new Set<Ngtcp2Connection>();
  readonly #accepted: Ngtcp2Connection[] = [];
  #shared: Shared | undefined;
  #config: ServerConfig | undefined;

  constructor(options: Ngtcp2SetOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#connections.size;
  }

  connect(config: ClientConfig, now: Instant): ConnectionMachine {
    checkConfig(config);
    const { ids } = this.#share(config);
    const { local, remote, token = NOTHING } = config;
    if (token.length > TOKEN_LIMIT) throw new UsageError('a token of more octets than any is');
    const connection = new Ngtcp2Connection(
      {
        role: 'client',
        config,
        ids,
        local,
        remote,
        create(shim, path) {
          shim.put(shim.inbox, token);
          return shim.call.create_client(...path, token.length);
        },
        handshake: (engine) => clientHandshake(config, engine.localParameters()),
      },
      now,
    );
    this.#connections.add(connection);
    return connection;
  }

  listen(config: ServerConfig | undefined): void {
    if (config !== undefined) {
      checkConfig(config);
      // What is wrong with it shows now, and not with the first client.
      serverHandshake(config, (client) => client).dispose();
      this.#share(config);
    }
    this.#config = config;
  }

  receiveDatagram(datagram: Datagram, now: Instant): ConnectionMachine | undefined {
    const shared = this.#shared;
    const header = shared?.stateless.readHeader(datagram.payload);
    if (shared === undefined || header === undefined) return this.#drop('header_truncated');
    const owner = shared.ids.find(header.destination);
    if (owner instanceof Ngtcp2Connection) {
      owner.receiveDatagram(datagram, now);
      return owner;
    }
    if (header.version === 0 && !header.negotiates) {
      return this.#receiveUnknown(shared, header, datagram, now);
    }
    if (this.#config === undefined) return this.#drop('unknown_connection_id');
    return this.#receiveFirst(shared, this.#config, header, datagram, now);
  }

  nextAccepted(): ConnectionMachine | undefined {
    return this.#accepted.shift();
  }

  nextTransmit(_now: Instant, into: Transmit): boolean {
    return this.#shared?.stateless.next(into) ?? false;
  }

  remove(connection: ConnectionMachine): void {
    if (!(connection instanceof Ngtcp2Connection)) return;
    connection.discard();
    this.#connections.delete(connection);
  }

  #share(config: ConnectionConfig): Shared {
    if (this.#shared === undefined) {
      const { crypto } = config;
      const random = config.random ?? crypto.random;
      const resetKey = this.#options.statelessResetKey ?? random.fill(new Uint8Array(32));
      this.#shared = {
        random,
        ids: new ConnectionIds(crypto, random, resetKey),
        stateless: new Stateless(crypto, random),
        retryTokens: new RetryTokens(crypto, random),
      };
    }
    return this.#shared;
  }

  /** A short header with a connection ID that is not ours: perhaps a stateless reset, else answered by one. RFC 9000 §10.3 */
  #receiveUnknown(
    { ids, stateless }: Shared,
    header: InvariantHeader,
    datagram: Datagram,
    now: Instant,
  ): ConnectionMachine | undefined {
    for (const connection of this.#connections) {
      if (!sameAddress(connection.remote, datagram.remote)) continue;
      if (connection.take(datagram, now) === Outcome.draining) return connection;
    }
    if (datagram.payload.length > LEAST_RESET) {
      stateless.answerReset(datagram, ids.resetToken(header.destination));
    }
    return this.#drop('unknown_connection_id');
  }

  /** RFC 9000 §5.2.2, §8.1 */
  #receiveFirst(
    shared: Shared,
    config: ServerConfig,
    header: InvariantHeader,
    datagram: Datagram,
    now: Instant,
  ): ConnectionMachine | undefined {
    const { stateless, retryTokens } = shared;
    const { payload, remote } = datagram;
    if (payload.length < LEAST_INITIAL_DATAGRAM) return this.#drop('initial_datagram_too_small');
    if (header.negotiates) {
      stateless.answerVersionNegotiation(datagram);
      return this.#drop('unsupported_version');
    }
    const token = stateless.readInitial(payload.length);
    if (token === undefined) return this.#drop('unknown_connection_id');
    const { connectionLimit = DEFAULT_CONNECTION_LIMIT } = this.#options;
    if (this.#connections.size >= connectionLimit) {
      stateless.answerRefusal(datagram, header.destination, TransportErrorCode.CONNECTION_REFUSED);
      return this.#drop('too_many_connections');
    }
    if (config.retry !== true) {
      return this.#accept(
        shared,
        config,
        { datagram, header, original: NOTHING, token: NOTHING },
        now,
      );
    }
    if (token.length === 0) {
      this.#retry(shared, header, datagram, now);
      return this.#drop('address_not_validated');
    }
    const original = retryTokens.open(token, header.destination, remote, now);
    if (original === undefined) {
      stateless.answerRefusal(datagram, header.destination, TransportErrorCode.INVALID_TOKEN);
      return this.#drop('invalid_token');
    }
    return this.#accept(shared, config, { datagram, header, original, token }, now);
  }

  #retry(
    { stateless, retryTokens, random }: Shared,
    { destination }: InvariantHeader,
    datagram: Datagram,
    now: Instant,
  ): void {
    const source = random.fill(new Uint8Array(CONNECTION_ID_LENGTH));
    const token = retryTokens.seal(destination, source, datagram.remote, now);
    stateless.answerRetry(datagram, token, source);
  }

  /** Nothing is kept of an Initial that cannot be opened. */
  #accept(
    shared: Shared,
    config: ServerConfig,
    { datagram, header, original, token }: Beginning,
    now: Instant,
  ): ConnectionMachine | undefined {
    const { source, destination } = header;
    const { local, remote } = datagram;
    const connection = new Ngtcp2Connection(
      {
        role: 'server',
        config,
        ids: shared.ids,
        local,
        remote,
        create(shim, path) {
          shim.put(shim.scratch, concatBytes(source, destination, original, token));
          const lengths = [source, destination, original, token].map(({ length }) => length);
          const [first = 0, second = 0, third = 0, fourth = 0] = lengths;
          return shim.call.create_server(...path, first, second, third, fourth);
        },
        handshake: (engine) => serverHandshake(config, (client) => engine.answerParameters(client)),
      },
      now,
    );
    const outcome = connection.take(datagram, now);
    if (outcome === Outcome.retry) this.#retry(shared, header, datagram, now);
    if (outcome === Outcome.retry || outcome === Outcome.dropped) {
      connection.discard();
      return this.#drop('decryption_failed');
    }
    shared.ids.add(destination, connection);
    this.#connections.add(connection);
    this.#accepted.push(connection);
    return connection;
  }

  #drop(reason: string): undefined {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + 1;
    return undefined;
  }
}

const NOTHING = new Uint8Array(0);
/** RFC 9000 §14.1 */
const LEAST_INITIAL_DATAGRAM = 1200;
/** Less cannot be answered by something shorter that still looks like a packet. RFC 9000 §10.3.3 */
const LEAST_RESET = 43;
const DEFAULT_CONNECTION_LIMIT = 1024;
/** Octets of a token that a server gives. */
const TOKEN_LIMIT = 4096;
