import type { KeyShare } from '@mpquic/crypto';
import { ByteWriter, utf8 } from '@mpquic/wire';
import { type Extension, ExtensionType, writeExtensions } from '../messages/extensions.ts';
import { writeKeyShareEntry } from '../messages/key-share.ts';
import { encodeMessage, MessageType } from '../messages/message.ts';
import { encodeServerHello } from '../messages/server-hello.ts';
import { GROUP_CODES } from '../named-groups.ts';
import { TLS_1_2, TLS_1_3 } from '../versions.ts';
import type { ClientOffer } from './client-offer.ts';
import type { ServerChoice } from './server-choice.ts';
import type { ServerContext } from './server-context.ts';

/** RFC 9846 §4.2.3 */
export function buildServerHello(
  { config: { crypto } }: ServerContext,
  offer: ClientOffer,
  share: KeyShare,
  { suite, psk }: ServerChoice,
): Uint8Array {
  const extensions = [
    extension(ExtensionType.supported_versions, (writer) => writer.uint16(TLS_1_3)),
    extension(ExtensionType.key_share, (writer) =>
      writeKeyShareEntry(writer, {
        group: GROUP_CODES[share.group],
        keyExchange: share.publicKey,
      }),
    ),
  ];
  if (psk !== undefined) {
    extensions.push(extension(ExtensionType.pre_shared_key, (writer) => writer.uint16(psk.index)));
  }
  return encodeServerHello({
    legacyVersion: TLS_1_2,
    random: crypto.random.fill(new Uint8Array(32)),
    legacySessionIdEcho: offer.hello.legacySessionId,
    cipherSuite: suite.code,
    legacyCompressionMethod: 0,
    extensions,
  });
}

/** RFC 9846 §4.4.1 */
export function buildEncryptedExtensions(
  { config, answerParameters }: ServerContext,
  offer: ClientOffer,
  earlyData: boolean,
): Uint8Array {
  const extensions: Extension[] = [];
  if (offer.alpn !== '') {
    extensions.push(
      extension(ExtensionType.application_layer_protocol_negotiation, (writer) =>
        writer.vector(2, (list) => list.vector(1, (name) => name.bytes(utf8(offer.alpn)))),
      ),
    );
  }
  if (config.overQuic) {
    const data =
      answerParameters !== undefined && offer.transportParameters !== undefined
        ? answerParameters(offer.transportParameters)
        : config.transportParameters;
    extensions.push({ type: ExtensionType.quic_transport_parameters, data });
  }
  if (earlyData) extensions.push({ type: ExtensionType.early_data, data: new Uint8Array(0) });
  return encodeMessage(MessageType.encrypted_extensions, (writer) =>
    writeExtensions(writer, extensions),
  );
}

function extension(type: number, write: (writer: ByteWriter) => void): Extension {
  const writer = new ByteWriter(128);
  write(writer);
  return { type, data: writer.finish() };
}
