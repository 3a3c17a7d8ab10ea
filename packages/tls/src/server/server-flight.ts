import type { KeyShare } from '@mpquic/crypto';
import { ByteWriter, concatBytes, utf8, wipe } from '@mpquic/wire';
import type { ReadingState } from '../handshake-machine.ts';
import { verifyData } from '../key-schedule.ts';
import { type Extension, ExtensionType, writeExtensions } from '../messages/extensions.ts';
import { writeKeyShareEntry } from '../messages/key-share.ts';
import { encodeFinished, encodeMessage, MessageType } from '../messages/message.ts';
import { encodeServerHello } from '../messages/server-hello.ts';
import { GROUP_CODES } from '../named-groups.ts';
import type { Transcript } from '../transcript.ts';
import { TLS_1_2, TLS_1_3 } from '../versions.ts';
import { wipePskSchedule } from '../wire-psk.ts';
import type { ClientOffer } from './client-offer.ts';
import { ExpectFinished } from './expect-finished.ts';
import type { SelectedPsk } from './psk-selection.ts';
import type { ServerContext } from './server-context.ts';

/**
 * Sends ServerHello to Finished and installs the secrets of both levels. RFC 9846 §2
 * @param transcript which holds the ClientHello
 */
export function sendServerFlight(
  context: ServerContext,
  offer: ClientOffer,
  clientShare: Uint8Array,
  psk: SelectedPsk,
  transcript: Transcript,
): ReadingState {
  const { config, output } = context;
  const { crypto } = config;
  const { suite } = psk;
  const { random } = offer.hello;
  const ownShare = crypto.generateKeyShare(offer.group);
  const sharedSecret = ownShare.agree(clientShare);
  if (offer.transportParameters !== undefined) {
    output.transportParameters(offer.transportParameters);
  }

  const serverHello = buildServerHello(context, offer, ownShare, psk);
  transcript.add(serverHello);
  output.send('initial', serverHello);

  const handshake = psk.schedule.early.enterHandshake(sharedSecret);
  wipePskSchedule(psk.schedule);
  const helloHash = transcript.digest();
  const clientSecret = handshake.trafficSecret('client', helloHash);
  const serverSecret = handshake.trafficSecret('server', helloHash);
  output.keyLog('CLIENT_HANDSHAKE_TRAFFIC_SECRET', random, clientSecret);
  output.keyLog('SERVER_HANDSHAKE_TRAFFIC_SECRET', random, serverSecret);
  output.secret('handshake', 'write', suite, serverSecret);
  output.secret('handshake', 'read', suite, clientSecret);

  const encryptedExtensions = buildEncryptedExtensions(context, offer);
  transcript.add(encryptedExtensions);
  const finished = encodeFinished(
    verifyData(crypto, suite.hash, serverSecret, transcript.digest()),
  );
  wipe(serverSecret);
  transcript.add(finished);
  output.send('handshake', concatBytes(encryptedExtensions, finished));

  const finishedHash = transcript.digest();
  const application = handshake.enterApplication();
  const clientApplication = application.trafficSecret('client', finishedHash);
  const serverApplication = application.trafficSecret('server', finishedHash);
  output.keyLog('CLIENT_TRAFFIC_SECRET_0', random, clientApplication);
  output.keyLog('SERVER_TRAFFIC_SECRET_0', random, serverApplication);
  if (output.keyLogWanted) {
    const exporter = application.exporterSecret(finishedHash);
    output.keyLog('EXPORTER_SECRET', random, exporter);
    wipe(exporter);
  }
  output.secret('application', 'write', suite, serverApplication);
  wipe(serverApplication);
  return new ExpectFinished(context, {
    suite,
    clientHandshakeSecret: clientSecret,
    clientApplicationSecret: clientApplication,
    application,
    transcript,
    summary: {
      cipherSuite: suite.name,
      group: offer.group,
      alpn: offer.alpn,
      serverName: offer.serverName,
      psk: psk.external,
      resumed: false,
    },
  });
}

function buildServerHello(
  { config: { crypto } }: ServerContext,
  offer: ClientOffer,
  share: KeyShare,
  psk: SelectedPsk,
): Uint8Array {
  return encodeServerHello({
    legacyVersion: TLS_1_2,
    random: crypto.random.fill(new Uint8Array(32)),
    legacySessionIdEcho: offer.hello.legacySessionId,
    cipherSuite: psk.suite.code,
    legacyCompressionMethod: 0,
    extensions: [
      extension(ExtensionType.supported_versions, (writer) => writer.uint16(TLS_1_3)),
      extension(ExtensionType.key_share, (writer) =>
        writeKeyShareEntry(writer, {
          group: GROUP_CODES[share.group],
          keyExchange: share.publicKey,
        }),
      ),
      extension(ExtensionType.pre_shared_key, (writer) => writer.uint16(psk.index)),
    ],
  });
}

function buildEncryptedExtensions({ config }: ServerContext, offer: ClientOffer): Uint8Array {
  const extensions: Extension[] = [];
  if (offer.alpn !== '') {
    extensions.push(
      extension(ExtensionType.application_layer_protocol_negotiation, (writer) =>
        writer.vector(2, (list) => list.vector(1, (name) => name.bytes(utf8(offer.alpn)))),
      ),
    );
  }
  if (config.overQuic) {
    const data = config.transportParameters;
    extensions.push({ type: ExtensionType.quic_transport_parameters, data });
  }
  return encodeMessage(MessageType.encrypted_extensions, (writer) =>
    writeExtensions(writer, extensions),
  );
}

function extension(type: number, write: (writer: ByteWriter) => void): Extension {
  const writer = new ByteWriter(128);
  write(writer);
  return { type, data: writer.finish() };
}
