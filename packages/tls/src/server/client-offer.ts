import type { GroupName } from '@mpquic/crypto';
import { Alert } from '../alert.ts';
import type { CipherSuite } from '../cipher-suites.ts';
import { illegalParameter } from '../codec.ts';
import { MAX_OFFERED_IDENTITIES, TlsAlert } from '../handshake.ts';
import type { HandshakeConfig } from '../handshake-config.ts';
import {
  type ClientHello,
  type ClientHelloExtensions,
  readClientHello,
  readClientHelloExtensions,
} from '../messages/client-hello.ts';
import { ExtensionType } from '../messages/extensions.ts';
import type { KeyShareEntry } from '../messages/key-share.ts';
import { decodeBody, type HandshakeMessage } from '../messages/message.ts';
import { type OfferedPsks, PskKeyExchangeMode } from '../messages/pre-shared-key.ts';
import type { ProtocolNames } from '../messages/protocol-names.ts';
import { GROUP_CODES } from '../named-groups.ts';
import { ProtocolViolation } from '../protocol-violation.ts';
import { TLS_1_2, TLS_1_3 } from '../versions.ts';

/** A ClientHello that was checked, and what of it this server can use. */
export interface ClientOffer {
  readonly message: HandshakeMessage;
  readonly hello: ClientHello;
  /** Suites of both sides, in the server's order; at least one. */
  readonly suites: readonly CipherSuite[];
  readonly group: GroupName;
  /** The client's share of {@link group}; without it a HelloRetryRequest is due. */
  readonly keyShare: Uint8Array | undefined;
  /** How many shares came. */
  readonly keyShareCount: number;
  readonly alpn: string;
  readonly serverName: string | undefined;
  readonly transportParameters: Uint8Array | undefined;
  /** Undefined where none are offered, or only for psk_ke, which is never accepted. */
  readonly psks: OfferedPsks | undefined;
  /** SignatureScheme code points; undefined where the extension is missing. */
  readonly signatureAlgorithms: readonly number[] | undefined;
  readonly cookie: Uint8Array | undefined;
  readonly earlyData: boolean;
  /** Whether the client can use tickets for psk_dhe_ke. RFC 9846 §4.3.9 */
  readonly resumable: boolean;
}

/** Reads and checks a ClientHello. @throws {TlsAlert} */
export function readClientOffer(config: HandshakeConfig, message: HandshakeMessage): ClientOffer {
  const hello = decodeBody(message, readClientHello);
  if (hello.legacyVersion !== TLS_1_2) throw protocolVersion();
  checkPreSharedKeyIsLast(hello);
  const extensions = readClientHelloExtensions(hello.extensions);
  if (!extensions.supportedVersions?.includes(TLS_1_3)) throw protocolVersion();
  checkLegacyFields(config, hello);
  checkMandatoryExtensions(config, extensions);

  const suites = config.suites.filter((suite) => hello.cipherSuites.includes(suite.code));
  if (suites.length === 0) throw handshakeFailure('no common cipher suite');
  const keyShares = extensions.keyShares ?? [];
  checkKeyShares(keyShares, extensions.supportedGroups ?? []);
  const { group, keyShare } = selectGroup(config, keyShares, extensions.supportedGroups ?? []);
  return {
    message,
    hello,
    suites,
    group,
    keyShare,
    keyShareCount: keyShares.length,
    alpn: selectProtocol(config, extensions.alpn),
    serverName: extensions.serverName,
    transportParameters: extensions.transportParameters,
    psks: usablePsks(extensions),
    signatureAlgorithms: extensions.signatureAlgorithms,
    cookie: extensions.cookie,
    earlyData: extensions.earlyData,
    resumable: offersDheKe(extensions),
  };
}

function checkPreSharedKeyIsLast({ extensions }: ClientHello): void {
  const index = extensions.indexOf(ExtensionType.pre_shared_key);
  if (index !== -1 && index !== extensions.count - 1) {
    throw illegalParameter('pre_shared_key is not the last extension');
  }
}

function checkLegacyFields(config: HandshakeConfig, hello: ClientHello): void {
  const { legacyCompressionMethods: methods, legacySessionId } = hello;
  if (methods.length !== 1 || methods[0] !== 0) throw illegalParameter('compression is offered');
  if (config.overQuic && legacySessionId.length > 0) {
    throw new ProtocolViolation('a legacy_session_id that is not empty (RFC 9001 §8.4)');
  }
}

/** RFC 9846 §9.2, RFC 9001 §8.2 */
function checkMandatoryExtensions(
  config: HandshakeConfig,
  extensions: Readonly<ClientHelloExtensions>,
): void {
  const { preSharedKey, pskKeyExchangeModes, signatureAlgorithms, supportedGroups, keyShares } =
    extensions;
  if (preSharedKey === undefined) {
    if (signatureAlgorithms === undefined) throw missingExtension('signature_algorithms');
    if (supportedGroups === undefined) throw missingExtension('supported_groups');
  } else if (pskKeyExchangeModes === undefined) {
    throw missingExtension('psk_key_exchange_modes');
  } else if (offersDheKe(extensions) && supportedGroups === undefined) {
    throw missingExtension('supported_groups');
  }
  if (supportedGroups !== undefined && keyShares === undefined) throw missingExtension('key_share');
  if (supportedGroups === undefined && keyShares !== undefined)
    throw missingExtension('supported_groups');
  if (config.overQuic && extensions.transportParameters === undefined) {
    throw missingExtension('quic_transport_parameters');
  }
}

/** RFC 9846 §4.3.8: one share per group, of groups that are offered. */
function checkKeyShares(shares: readonly KeyShareEntry[], groups: readonly number[]): void {
  const [only] = shares;
  if (shares.length === 1 && only !== undefined && groups.includes(only.group)) return;
  const offered = new Set(groups);
  for (const { group } of shares) {
    // Deleting finds the second share of a group as well.
    if (!offered.delete(group)) throw illegalParameter(`a key share too many, of group ${group}`);
  }
}

/** A group whose share came, if there is one; else the one to ask for. */
function selectGroup(
  config: HandshakeConfig,
  shares: readonly KeyShareEntry[],
  offered: readonly number[],
): { readonly group: GroupName; readonly keyShare: Uint8Array | undefined } {
  for (const group of config.groups) {
    const share = shares.find((entry) => entry.group === GROUP_CODES[group]);
    if (share !== undefined) return { group, keyShare: share.keyExchange };
  }
  const group = config.groups.find((name) => offered.includes(GROUP_CODES[name]));
  if (group === undefined) throw handshakeFailure('no common key exchange group');
  return { group, keyShare: undefined };
}

/** The server's preference decides. RFC 9001 §8.1 */
function selectProtocol(config: HandshakeConfig, offered: ProtocolNames | undefined): string {
  if (offered === undefined && !config.overQuic) return '';
  const name = offered?.first(config.alpn);
  if (name !== undefined) return name;
  if (!config.overQuic && config.alpn.length === 0) return '';
  throw new TlsAlert(Alert.no_application_protocol, 'no common ALPN protocol');
}

function usablePsks(extensions: Readonly<ClientHelloExtensions>): OfferedPsks | undefined {
  const { preSharedKey } = extensions;
  if (!offersDheKe(extensions)) return undefined;
  if (preSharedKey !== undefined && preSharedKey.identities.length > MAX_OFFERED_IDENTITIES) {
    throw illegalParameter(`more than ${MAX_OFFERED_IDENTITIES} PSK identities`);
  }
  return preSharedKey;
}

function offersDheKe({ pskKeyExchangeModes }: Readonly<ClientHelloExtensions>): boolean {
  return pskKeyExchangeModes?.includes(PskKeyExchangeMode.psk_dhe_ke) ?? false;
}

export function handshakeFailure(reason: string): TlsAlert {
  return new TlsAlert(Alert.handshake_failure, reason);
}

function protocolVersion(): TlsAlert {
  return new TlsAlert(Alert.protocol_version, 'the client does not offer TLS 1.3');
}

export function missingExtension(extension: string): TlsAlert {
  return new TlsAlert(Alert.missing_extension, `ClientHello without ${extension}`);
}
