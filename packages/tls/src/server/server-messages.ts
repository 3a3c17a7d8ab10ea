import type { KeyShare } from '@mpquic/crypto';
import type { ByteWriter } from '@mpquic/wire';
import { ExtensionType, writeExtension } from '../messages/extensions.ts';
import { writeKeyShareEntry } from '../messages/key-share.ts';
import { encodeMessage, MessageType } from '../messages/message.ts';
import { writeProtocolNames } from '../messages/protocol-names.ts';
import { encodeServerHello } from '../messages/server-hello.ts';
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
  const hello = {
    legacyVersion: TLS_1_2,
    random: crypto.random.fill(new Uint8Array(32)),
    legacySessionIdEcho: offer.hello.legacySessionId,
    cipherSuite: suite.code,
    legacyCompressionMethod: 0,
  };
  return encodeServerHello(hello, (writer) => {
    writeExtension(writer, ExtensionType.supported_versions, writeUint16, TLS_1_3);
    writeExtension(writer, ExtensionType.key_share, writeKeyShareEntry, share);
    if (psk !== undefined) {
      writeExtension(writer, ExtensionType.pre_shared_key, writeUint16, psk.index);
    }
  });
}

/** RFC 9846 §4.4.1 */
export function buildEncryptedExtensions(
  { config, answerParameters }: ServerContext,
  offer: ClientOffer,
  earlyData: boolean,
): Uint8Array {
  const parameters =
    answerParameters !== undefined && offer.transportParameters !== undefined
      ? answerParameters(offer.transportParameters)
      : config.transportParameters;
  return encodeMessage(MessageType.encrypted_extensions, (writer) =>
    writer.vector(2, (block) => {
      if (offer.alpn !== '') {
        const type = ExtensionType.application_layer_protocol_negotiation;
        writeExtension(block, type, writeProtocolNames, [offer.alpn]);
      }
      if (config.overQuic) {
        writeExtension(block, ExtensionType.quic_transport_parameters, writeBytes, parameters);
      }
      if (earlyData) writeExtension(block, ExtensionType.early_data, writeBytes, NOTHING);
    }),
  );
}

function writeUint16(writer: ByteWriter, value: number): void {
  writer.uint16(value);
}

function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.bytes(bytes);
}

const NOTHING = new Uint8Array(0);
