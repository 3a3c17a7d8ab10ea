import {
  type Datagram,
  type Instant,
  type Random,
  type Transmit,
  toHex,
  UsageError,
} from '@mpquic/wire';
import { Connection } from '../connection.ts';
import type { ClientConfig, ConnectionConfig, ServerConfig } from '../connection-config.ts';
import type { ConnectionMachine, ConnectionSet, ConnectionSetOptions } from '../contract.ts';
import { CONNECTION_ID_LENGTH } from '../paths/connection-id-table.ts';
import {
  createClientState,
  createServerState,
  type FirstInitial,
  type Listening,
  listenWith,
} from '../state-creation.ts';
import { TransportErrorCode } from '../transport-error.ts';
import {
  DatagramReader,
  destinationConnectionId,
  isSentTo,
  type PacketHeader,
} from '../wire/packet-header.ts';
import { QUIC_V1 } from '../wire/versions.ts';
import { createEnvironment, type Environment } from '../workspace.ts';
import { checkAddress } from './address-check.ts';
import { StatelessAnswers } from './stateless-answers.ts';
import { MIN_STATELESS_RESET_LENGTH } from './stateless-reset.ts';

/** RFC 9000 §14.1 */
const LEAST_INITIAL_DATAGRAM = 1200;

/** RFC 9000 §7.2 */
const LEAST_FIRST_DESTINATION = 8;

/** Connections whose handshake is under way, at most. RFC 9000 §21.2 */
const HALF_OPEN_LIMIT = 4096;

/** With more of them than this, clients must show their address first. RFC 9000 §8.1.2 */
const HALF_OPEN_WITHOUT_RETRY = 256;

/** Connections looked at for a stateless reset of unknown origin, per second. */
const RESET_SCANS_PER_SECOND = 100_000;

export function createConnectionSet(options: ConnectionSetOptions = {}): ConnectionSet {
  return new RoutedConnections(options);
}

/** Finds connections by the connection IDs that they issued; a client's first ones by their octets. */
class RoutedConnections implements ConnectionSet {
  readonly dropped: Record<string, number> = {};
  readonly #options: ConnectionSetOptions;
  readonly #connections = new Set<Connection>();
  /** Server connections by the Destination Connection ID of the client's first Initial, in hexadecimal. */
  readonly #byFirstDestination = new Map<string, Connection>();
  /** Those whose handshake is under way, with that ID. */
  readonly #halfOpen = new Map<Connection, string>();
  readonly #reader = new DatagramReader();
  #accepted: Connection[] = [];
  #environment: Environment<Connection> | undefined;
  #answers: StatelessAnswers | undefined;
  #listening: Listening | undefined;
  #scansLeft = RESET_SCANS_PER_SECOND;
  #scansSince: Instant = 0;

  constructor(options: ConnectionSetOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#connections.size;
  }

  connect(config: ClientConfig, now: Instant): ConnectionMachine {
    const environment = this.#sharedBy(config);
    const connection = new Connection((owner) =>
      createClientState(config, environment, owner, now),
    );
    this.#connections.add(connection);
    return connection;
  }

  listen(config: ServerConfig | undefined): void {
    this.#listening = config && listenWith(config);
    if (config !== undefined) this.#sharedBy(config);
  }

  receiveDatagram(datagram: Datagram, now: Instant): ConnectionMachine | undefined {
    const { payload } = datagram;
    if (payload.length <= CONNECTION_ID_LENGTH || this.#environment === undefined) {
      return this.#drop(payload.length === 0 ? 'empty' : 'too_short');
    }
    const isLong = ((payload[0] as number) & 0x80) !== 0;
    if (!isLong) return this.#receiveShort(datagram, now);
    const taken = this.#receiveLong(datagram, now);
    // RFC 9000 §10.3: a reset may have the form of a long header, though not the size of a first Initial.
    if (taken !== undefined || payload.length >= LEAST_INITIAL_DATAGRAM) return taken;
    return this.#findReset(datagram, now);
  }

  nextAccepted(): ConnectionMachine | undefined {
    return this.#accepted.shift();
  }

  nextTransmit(_now: Instant, into: Transmit): boolean {
    return this.#answers?.next(into) ?? false;
  }

  remove(machine: ConnectionMachine): void {
    if (machine instanceof Connection) this.#forget(machine);
  }

  #sharedBy(config: ConnectionConfig): Environment<Connection> {
    const random: Random = config.random ?? config.crypto.random;
    this.#environment ??= createEnvironment(config.crypto, random, this.#options);
    this.#answers ??= new StatelessAnswers(
      config.crypto,
      this.#environment.random,
      this.#environment.connectionIdSource,
      this.#environment.statelessResetKey,
      this.#environment.addressTokens,
    );
    return this.#environment;
  }

  #receiveShort(datagram: Datagram, now: Instant): ConnectionMachine | undefined {
    const { payload } = datagram;
    const found = this.#environment?.connectionIds.find(payload, 1);
    if (found !== undefined) return this.#deliver(found.owner, datagram, now);
    if (payload.length < MIN_STATELESS_RESET_LENGTH) return this.#drop('unknown_connection_id');
    const reset = this.#findReset(datagram, now);
    if (reset !== undefined) return reset;
    this.#answers?.reset(datagram);
    return this.#drop('unknown_connection_id');
  }

  /** RFC 9000 §10.3.1: the connection whose peer has lost its state. */
  #findReset(datagram: Datagram, now: Instant): Connection | undefined {
    if (now - this.#scansSince >= 1_000_000) {
      this.#scansSince = now;
      this.#scansLeft = RESET_SCANS_PER_SECOND;
    }
    if (this.#connections.size > this.#scansLeft) return undefined;
    this.#scansLeft -= this.#connections.size;
    for (const connection of this.#connections) {
      if (connection.detectReset(datagram, now)) return connection;
    }
    return undefined;
  }

  #receiveLong(datagram: Datagram, now: Instant): ConnectionMachine | undefined {
    const { payload } = datagram;
    this.#reader.begin(payload, 0, payload.length, CONNECTION_ID_LENGTH);
    const header = this.#reader.next();
    if (header === undefined) return this.#drop(this.#reader.problem ?? 'header_truncated');
    if (header.destinationLength === CONNECTION_ID_LENGTH) {
      const found = this.#environment?.connectionIds.find(payload, header.destinationStart);
      if (found !== undefined) return this.#deliver(found.owner, datagram, now);
    }
    const destination = toHex(destinationConnectionId(header));
    const known = this.#byFirstDestination.get(destination);
    if (known !== undefined) return this.#deliver(known, datagram, now);
    if (this.#listening === undefined) return this.#drop('unknown_connection_id');
    return this.#receiveFirst(header, destination, datagram, this.#listening, now);
  }

  /** A packet that may begin a connection. RFC 9000 §5.2.2 */
  #receiveFirst(
    header: PacketHeader,
    firstDestination: string,
    datagram: Datagram,
    listening: Listening,
    now: Instant,
  ): ConnectionMachine | undefined {
    if (datagram.payload.length < LEAST_INITIAL_DATAGRAM) {
      return this.#drop('initial_datagram_too_small');
    }
    const { versions } = listening.resolved;
    if (
      header.version === undefined ? header.versionNumber !== 0 : !versions.includes(header.version)
    ) {
      this.#answers?.versionNegotiation(header, datagram, versions);
      return this.#drop('unsupported_version');
    }
    if (header.type !== 'initial') return this.#drop('unknown_connection_id');
    if (header.destinationLength < LEAST_FIRST_DESTINATION) {
      return this.#drop('first_connection_id_too_short');
    }
    if (this.#halfOpen.size >= HALF_OPEN_LIMIT) {
      this.#answers?.refuse(header, datagram, TransportErrorCode.CONNECTION_REFUSED);
      return this.#drop('too_many_handshakes');
    }
    const initial = this.#examineToken(header, datagram, listening, now);
    return initial && this.#accept(listening, initial, firstDestination, datagram, now);
  }

  /** Whether the client has shown its address, or need not; else it is answered. RFC 9000 §8.1.2 */
  #examineToken(
    header: PacketHeader,
    datagram: Datagram,
    { config }: Listening,
    now: Instant,
  ): FirstInitial | undefined {
    const environment = this.#environment;
    if (environment === undefined) throw new UsageError('not listening');
    const required = config.retry === true || this.#halfOpen.size >= HALF_OPEN_WITHOUT_RETRY;
    const check = checkAddress(environment.addressTokens, header, datagram, required, now);
    if (check.result === 'retry') {
      this.#answers?.retry(header, datagram, now);
      return this.#drop('address_not_validated');
    }
    if (check.result === 'invalid_token') {
      this.#answers?.refuse(header, datagram, TransportErrorCode.INVALID_TOKEN);
      return this.#drop('invalid_token');
    }
    const { local, remote } = datagram;
    const { originalDestination, addressValidated } = check;
    // One object where they are the same: there was no Retry.
    const destination = isSentTo(header, originalDestination)
      ? originalDestination
      : destinationConnectionId(header).slice();
    const { version = QUIC_V1 } = header;
    return { local, remote, originalDestination, destination, version, addressValidated };
  }

  /** Nothing is kept of an Initial that cannot be opened. */
  #accept(
    listening: Listening,
    initial: FirstInitial,
    firstDestination: string,
    datagram: Datagram,
    now: Instant,
  ): ConnectionMachine | undefined {
    const environment = this.#environment;
    if (environment === undefined) throw new UsageError('not listening');
    const connection = new Connection((owner) =>
      createServerState(listening, initial, environment, owner, now),
    );
    connection.receiveDatagram(datagram, now);
    if (!connection.hasHeardPeer) {
      connection.discard();
      return this.#drop('decryption_failed');
    }
    this.#byFirstDestination.set(firstDestination, connection);
    this.#connections.add(connection);
    this.#halfOpen.set(connection, firstDestination);
    this.#accepted.push(connection);
    return connection;
  }

  #deliver(connection: Connection, datagram: Datagram, now: Instant): ConnectionMachine {
    connection.receiveDatagram(datagram, now);
    if (this.#halfOpen.size > 0 && connection.handshake !== undefined) this.#opened(connection);
    return connection;
  }

  /** The client knows our connection ID now, and uses its first one no more. */
  #opened(connection: Connection): void {
    const firstDestination = this.#halfOpen.get(connection);
    if (firstDestination === undefined) return;
    this.#halfOpen.delete(connection);
    this.#byFirstDestination.delete(firstDestination);
  }

  #forget(connection: Connection): void {
    this.#opened(connection);
    this.#connections.delete(connection);
  }

  #drop(reason: string): undefined {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + 1;
    return undefined;
  }
}
