import { HASH_LENGTH, type KeyShare } from '@mpquic/crypto';
import { ByteWriter, utf8 } from '@mpquic/wire';
import { writeClientHello } from '../messages/client-hello.ts';
import { type Extension, ExtensionType } from '../messages/extensions.ts';
import { writeKeyShareEntry } from '../messages/key-share.ts';
import { encodeMessage, MessageType } from '../messages/message.ts';
import {
  PskKeyExchangeMode,
  writePskBinders,
  writePskIdentities,
} from '../messages/pre-shared-key.ts';
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
  readonly extensionTypes: ReadonlySet<number>;
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
  const { config, random } = context;
  const extensions = clientExtensions(context, inputs);
  const bytes = encodeMessage(MessageType.client_hello, (writer) =>
    writeClientHello(writer, {
      legacyVersion: TLS_1_2,
      random,
      legacySessionId: NOTHING,
      cipherSuites: config.suites.map((suite) => suite.code),
      legacyCompressionMethods: Uint8Array.of(0),
      extensions,
    }),
  );
  if (inputs.psks.length > 0) fillBinders(context, bytes, inputs.psks, hashTruncated);
  return { bytes, extensionTypes: new Set(extensions.map(({ type }) => type)) };
}

/** Writes the binders over the zeros that hold their place. RFC 9846 §4.3.11.2 */
function fillBinders(
  { config: { crypto } }: ClientContext,
  bytes: Uint8Array,
  psks: readonly OfferedPsk[],
  hashTruncated: (truncated: Uint8Array, psk: OfferedPsk) => Uint8Array,
): void {
  const listLength = encodedBinders(psks.map(emptyBinder)).length;
  const truncated = bytes.subarray(0, bytes.length - listLength);
  const binders = psks.map((psk) =>
    crypto.hmac(psk.schedule.hash, psk.schedule.binderKey, hashTruncated(truncated, psk)),
  );
  bytes.set(encodedBinders(binders), truncated.length);
}

function clientExtensions(context: ClientContext, inputs: ClientHelloInputs): Extension[] {
  const { config, serverName } = context;
  const { groups, alpn } = config;
  const { keyShare, cookie, psks, earlyData } = inputs;
  const extensions: Extension[] = [];
  const add = (type: number, write: (writer: ByteWriter) => void): void => {
    const writer = new ByteWriter();
    write(writer);
    extensions.push({ type, data: writer.finish() });
  };

  if (serverName !== undefined && !isIpAddress(serverName)) {
    add(ExtensionType.server_name, (writer) => writeServerName(writer, serverName));
  }
  add(ExtensionType.supported_versions, (writer) =>
    writer.vector(1, (list) => list.uint16(TLS_1_3)),
  );
  add(ExtensionType.supported_groups, (writer) =>
    writer.vector(2, (list) => {
      for (const group of groups) list.uint16(GROUP_CODES[group]);
    }),
  );
  add(ExtensionType.signature_algorithms, (writer) =>
    writer.vector(2, (list) => {
      for (const code of Object.values(SIGNATURE_SCHEME_CODES)) list.uint16(code);
    }),
  );
  add(ExtensionType.key_share, (writer) =>
    writer.vector(2, (list) =>
      writeKeyShareEntry(list, {
        group: GROUP_CODES[keyShare.group],
        keyExchange: keyShare.publicKey,
      }),
    ),
  );
  if (alpn.length > 0) {
    add(ExtensionType.application_layer_protocol_negotiation, (writer) =>
      writer.vector(2, (list) => {
        for (const name of alpn) list.vector(1, (content) => content.bytes(utf8(name)));
      }),
    );
  }
  if (config.overQuic) {
    add(ExtensionType.quic_transport_parameters, (writer) =>
      writer.bytes(config.transportParameters),
    );
  }
  if (cookie !== undefined) {
    add(ExtensionType.cookie, (writer) => writer.vector(2, (content) => content.bytes(cookie)));
  }
  // psk_ke is never offered: every handshake has forward secrecy. Without PSKs this asks for tickets.
  add(ExtensionType.psk_key_exchange_modes, (writer) =>
    writer.vector(1, (list) => list.uint8(PskKeyExchangeMode.psk_dhe_ke)),
  );
  if (earlyData) add(ExtensionType.early_data, () => {});
  if (psks.length > 0) {
    // RFC 9846 §4.3.11: the last extension.
    add(ExtensionType.pre_shared_key, (writer) => {
      writePskIdentities(
        writer,
        psks.map((psk) => psk.offer),
      );
      writePskBinders(writer, psks.map(emptyBinder));
    });
  }
  return extensions;
}

function writeServerName(writer: ByteWriter, serverName: string): void {
  writer.vector(2, (list) => list.uint8(0).vector(2, (name) => name.bytes(utf8(serverName))));
}

function encodedBinders(binders: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter();
  writePskBinders(writer, binders);
  return writer.finish();
}

function emptyBinder(psk: OfferedPsk): Uint8Array {
  return new Uint8Array(HASH_LENGTH[psk.schedule.hash]);
}

/** Addresses are no host names: they do not go into server_name. RFC 6066 §3 */
function isIpAddress(name: string): boolean {
  return name.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(name);
}

const NOTHING = new Uint8Array(0);
