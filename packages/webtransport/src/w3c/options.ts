import { rootCertificates } from 'node:tls';
import type {
  ConnectOptions,
  ListenOptions,
  OpenPathOptions,
  QuicSession,
  TransportParams,
} from '@mpquic/endpoint';
import { type CertificateHash, certificateHashVerifier } from '../certificate-hashes.ts';

/** Options of the QUIC connection, beside those of the W3C API: `new WebTransport(url, { quic: { psk } })`. */
export interface ClientQuicOptions extends Partial<Omit<ConnectOptions, 'alpn'>> {
  /** Paths to open beside the first, once the handshake is confirmed. One that fails is left out. */
  readonly paths?: readonly OpenPathOptions[];
  /** Gets the QUIC session: its paths, its PSK, its statistics. */
  readonly onsession?: (quic: QuicSession) => void;
}

/** As for clients: `new Http3Server({ ..., quic: { psk } })`. */
export interface ServerQuicOptions extends Partial<Omit<ListenOptions, 'alpn'>> {
  /**
   * Origins, such as `https://app.example`, whose pages may open sessions; others are answered 403. Without this
   * all may, unless a request handler decides. Clients that are no browsers name none. WT-07 §3.3
   */
  readonly origins?: readonly string[];
  readonly onsession?: (quic: QuicSession) => void;
}

/** Windows and limits, named as @fails-components/webtransport has them. Octets. */
interface FlowControlArguments {
  readonly initialStreamFlowControlWindow?: number;
  readonly streamFlowControlWindowSizeLimit?: number;
  readonly initialSessionFlowControlWindow?: number;
  readonly sessionFlowControlWindowSizeLimit?: number;
}

/** What `new WebTransport` hands over. */
export interface ClientArguments extends FlowControlArguments {
  readonly host?: string;
  readonly port?: number | string;
  readonly localPort?: number;
  readonly serverCertificateHashes?: readonly CertificateHash[];
  /** Application protocols to choose from. */
  readonly protocols?: readonly string[];
  readonly quic?: ClientQuicOptions;
}

/** What `new Http3Server` hands over. */
export interface ServerArguments extends FlowControlArguments {
  readonly host?: string;
  readonly port?: number | string;
  /** PEM. */
  readonly cert?: string | readonly string[];
  readonly privKey?: string | readonly string[];
  readonly quic?: ServerQuicOptions;
}

/** The server is known by a PSK, by a hash, by the trust anchors given, or else by those of Node.js. */
export function clientOptions(args: ClientArguments): Omit<ConnectOptions, 'alpn'> {
  const { host = 'localhost', localPort, serverCertificateHashes = [], quic = {} } = args;
  const { paths: _paths, onsession: _onsession, ...given } = quic;
  const isKnown = given.psk ?? given.trust ?? given.ca ?? given.rejectUnauthorized;
  const byHash = serverCertificateHashes.length > 0;
  const trust = byHash
    ? { trust: certificateHashVerifier(serverCertificateHashes, Date.now) }
    : { ca: rootCertificates };
  return {
    servername: withoutBrackets(host),
    ...(localPort === undefined ? {} : { local: { host: '0.0.0.0', port: localPort } }),
    ...(isKnown === undefined ? trust : {}),
    ...flowControl(args, given.transportParams),
    ...given,
  };
}

export function serverOptions(args: ServerArguments): Omit<ListenOptions, 'alpn'> {
  const { host = 'localhost', port = 443, cert, privKey, quic = {} } = args;
  const { origins: _origins, onsession: _onsession, ...given } = quic;
  const certificate =
    cert === undefined || cert.length === 0 ? {} : { certs: joined(cert), keys: joined(privKey) };
  return {
    endpoint: { address: `${host}:${port}` },
    ...certificate,
    ...flowControl(args, given.transportParams),
    ...given,
  };
}

function flowControl(
  args: FlowControlArguments,
  transportParams: TransportParams = {},
): Pick<ConnectOptions, 'transportParams' | 'maxStreamWindow' | 'maxWindow'> {
  const stream = args.initialStreamFlowControlWindow;
  return {
    maxStreamWindow: args.streamFlowControlWindowSizeLimit,
    maxWindow: args.sessionFlowControlWindowSizeLimit,
    transportParams: {
      initialMaxStreamDataBidiRemote: stream,
      initialMaxData: args.initialSessionFlowControlWindow,
      ...transportParams,
    },
  };
}

function joined(pem: string | readonly string[] = []): string {
  return typeof pem === 'string' ? pem : pem.join('\n');
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
