import { type GroupName, HASH_LENGTH, type KeyShare } from '@mpquic/crypto';
import type { ByteWriter } from '@mpquic/wire';
import type { CipherSuite } from '../cipher-suites.ts';
import { ExtensionType, writeExtension } from '../messages/extensions.ts';
import { writeKeyShareEntry } from '../messages/key-share.ts';
import { encodeMessage, MessageType } from '../messages/message.ts';
import { PskKeyExchangeMode, writePskIdentity } from '../messages/pre-shared-key.ts';
import { writeProtocolNames } from '../messages/protocol-names.ts';
import { GROUP_CODES } from '../named-groups.ts';
import { SIGNATURE_SCHEME_CODES } from '../signature-schemes.ts';
import { TLS_1_2, TLS_1_3 } from '../versions.ts';
import type { ClientContext } from './client-context.ts';
import type { OfferedPsk } from './offered-psk.ts';

/** What differs between the first ClientHello and the one behind a HelloRetryRequest. */
export interface ClientHelloInputs {
  readonly keyShare: KeyShare;
  readonly psks: readonly OfferedPsk[];
  readonly cookie: Uint8Array | undefined;
  /** Whether 0-RTT goes with it, under the first PSK. */
  readonly earlyData: boolean;
}

export interface BuiltClientHello {
  /** The message. */
  readonly bytes: Uint8Array;
  /** Types of its extensions. */
  readonly extensionTypes: readonly number[];
}

/**
 * The ClientHello with its binders.
 * @param hashTruncated Transcript-Hash up to and with the message without its binders, by the PSK's hash
 */
export function buildClientHello(
  context: ClientContext,
  inputs: ClientHelloInputs,
  hashTruncated: (truncated: Uint8Array, psk: OfferedPsk) => Uint8Array,
): BuiltClientHello {
  const extensionTypes: number[] = [];
  const sources: HelloSources = { context, inputs, extensionTypes };
  const bytes = encodeMessage(MessageType.client_hello, writeHello, sources);
  if (inputs.psks.length > 0) fillBinders(bytes, inputs.psks, hashTruncated);
  return { bytes, extensionTypes };
}

/** What a ClientHello is written from, and the types of the extensions so far. */
interface HelloSources {
  readonly context: ClientContext;
  readonly inputs: ClientHelloInputs;
  readonly extensionTypes: number[];
}

function writeHello(writer: ByteWriter, sources: HelloSources): void {
  const { config, random } = sources.context;
  writer
    .uint16(TLS_1_2)
    .bytes(random)
    // No legacy_session_id, and no compression.
    .uint8(0)
    .vector(2, writeSuites, config.suites)
    .uint8(1)
    .uint8(0)
    .vector(2, writeExtensions, sources);
}

function writeExtensions(writer: ByteWriter, sources: HelloSources): void {
  const { config, serverName } = sources.context;
  const { keyShare, cookie, psks, earlyData } = sources.inputs;
  const add = <T>(
    type: number,
    write: (contents: ByteWriter, value: T) => void,
    value: T,
  ): void => {
    sources.extensionTypes.push(type);
    writeExtension(writer, type, write, value);
  };

  if (serverName !== undefined && !isIpAddress(serverName)) {
    add(ExtensionType.server_name, writeServerName, serverName);
  }
  add(ExtensionType.supported_versions, writeVersions, SUPPORTED_VERSIONS);
  add(ExtensionType.supported_groups, writeGroups, config.groups);
  add(ExtensionType.signature_algorithms, writeCodes, SIGNATURE_ALGORITHMS);
  add(ExtensionType.key_share, writeKeyShares, keyShare);
  if (config.alpn.length > 0) {
    const type = ExtensionType.application_layer_protocol_negotiation;
    add(type, writeProtocolNames, config.alpn);
  }
  if (config.overQuic) {
    const type = ExtensionType.quic_transport_parameters;
    add(type, writeBytes, config.transportParameters);
  }
  if (cookie !== undefined) add(ExtensionType.cookie, writeCookie, cookie);
  // psk_ke is never offered: every handshake has forward secrecy. Without PSKs this asks for tickets.
  add(ExtensionType.psk_key_exchange_modes, writeModes, OFFERED_MODES);
  if (earlyData) add(ExtensionType.early_data, writeBytes, NOTHING);
  // RFC 9846 §4.3.11: the last extension.
  if (psks.length > 0) add(ExtensionType.pre_shared_key, writeOfferedPsks, psks);
}

function writeSuites(writer: ByteWriter, suites: readonly CipherSuite[]): void {
  for (const suite of suites) writer.uint16(suite.code);
}

function writeServerName(writer: ByteWriter, serverName: string): void {
  writer.vector(2, writeHostName, serverName);
}

function writeHostName(writer: ByteWriter, hostName: string): void {
  writer.uint8(0).vector(2, writeText, hostName);
}

function writeText(writer: ByteWriter, text: string): void {
  writer.text(text);
}

function writeVersions(writer: ByteWriter, versions: readonly number[]): void {
  writer.vector(1, writeEach, versions);
}

function writeGroups(writer: ByteWriter, groups: readonly GroupName[]): void {
  writer.vector(2, writeEachGroup, groups);
}

function writeEachGroup(writer: ByteWriter, groups: readonly GroupName[]): void {
  for (const group of groups) writer.uint16(GROUP_CODES[group]);
}

function writeCodes(writer: ByteWriter, codes: readonly number[]): void {
  writer.vector(2, writeEach, codes);
}

function writeEach(writer: ByteWriter, codes: readonly number[]): void {
  for (const code of codes) writer.uint16(code);
}

function writeKeyShares(writer: ByteWriter, share: KeyShare): void {
  writer.vector(2, writeKeyShareEntry, share);
}

function writeCookie(writer: ByteWriter, cookie: Uint8Array): void {
  writer.byteVector(2, cookie);
}

function writeModes(writer: ByteWriter, modes: Uint8Array): void {
  writer.byteVector(1, modes);
}

function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.bytes(bytes);
}

function writeOfferedPsks(writer: ByteWriter, psks: readonly OfferedPsk[]): void {
  writer.vector(2, writeIdentities, psks).vector(2, writeEmptyBinders, psks);
}

function writeIdentities(writer: ByteWriter, psks: readonly OfferedPsk[]): void {
  for (const { offer } of psks) writePskIdentity(writer, offer);
}

function writeEmptyBinders(writer: ByteWriter, psks: readonly OfferedPsk[]): void {
  for (const { schedule } of psks) {
    const length = HASH_LENGTH[schedule.hash];
    writer.uint8(length).zeros(length);
  }
}

/** Writes the binders over the zeros that hold their place. RFC 9846 §4.3.11.2 */
function fillBinders(
  bytes: Uint8Array,
  psks: readonly OfferedPsk[],
  hashTruncated: (truncated: Uint8Array, psk: OfferedPsk) => Uint8Array,
): void {
  let listLength = 2;
  for (const { schedule } of psks) listLength += 1 + HASH_LENGTH[schedule.hash];
  const truncated = bytes.subarray(0, bytes.length - listLength);
  let at = truncated.length + 2;
  for (const psk of psks) {
    const binder = psk.schedule.binder(hashTruncated(truncated, psk));
    bytes.set(binder, at + 1);
    at += 1 + binder.length;
  }
}

/** Addresses are no host names: they do not go into server_name. RFC 6066 §3 */
function isIpAddress(name: string): boolean {
  return name.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(name);
}

const SUPPORTED_VERSIONS: readonly number[] = [TLS_1_3];
const SIGNATURE_ALGORITHMS: readonly number[] = Object.values(SIGNATURE_SCHEME_CODES);
const OFFERED_MODES = Uint8Array.of(PskKeyExchangeMode.psk_dhe_ke);
const NOTHING = new Uint8Array(0);
