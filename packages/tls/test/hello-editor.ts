/** Changes messages on their way, with binders that fit the change where wanted. */
import assert from 'node:assert/strict';
import { nodeCryptoProvider as crypto } from '@mpquic/crypto';
import { ByteReader, ByteWriter } from '@mpquic/wire';
import type { ExternalPsk } from '../src/index.ts';
import { type ClientHello, readClientHello } from '../src/messages/client-hello.ts';
import { type Extension, ExtensionBlock, ExtensionType } from '../src/messages/extensions.ts';
import { encodeMessage, MessageType } from '../src/messages/message.ts';
import {
  type OfferedPsks,
  readOfferedPsks,
  writePskIdentity,
} from '../src/messages/pre-shared-key.ts';
import {
  encodeServerHello,
  readServerHello,
  type ServerHello,
} from '../src/messages/server-hello.ts';
import { createPskSchedule, pskIdentitiesOnWire } from '../src/wire-psk.ts';

/** A hello whose fields can be changed. */
type Editable<T> = { -readonly [K in keyof Omit<T, 'extensions'>]: T[K] } & {
  extensions: readonly Extension[];
};
export type EditableClientHello = Editable<ClientHello>;
export type EditableServerHello = Editable<ServerHello>;

/** A block of extensions. */
export function writeExtensions(writer: ByteWriter, extensions: readonly Extension[]): void {
  writer.vector(2, (block) => writeEach(block, extensions));
}

function writeEach(writer: ByteWriter, extensions: readonly Extension[]): void {
  for (const { type, data } of extensions) writer.uint16(type).byteVector(2, data);
}

/** A list that stands for the extension of this type, or for nothing. */
export function replaceExtension(
  extensions: readonly Extension[],
  type: number,
  data: Uint8Array | undefined,
): Extension[] {
  return extensions.flatMap((extension) => {
    if (extension.type !== type) return [extension];
    return data === undefined ? [] : [{ type, data }];
  });
}

export function editClientHello(
  message: Uint8Array,
  edit: (hello: EditableClientHello) => void,
): Uint8Array {
  const read = readClientHello(new ByteReader(message.subarray(4)));
  const hello: EditableClientHello = { ...read, extensions: read.extensions.list() };
  edit(hello);
  return encodeMessage(MessageType.client_hello, (writer) => {
    writer
      .uint16(hello.legacyVersion)
      .bytes(hello.random)
      .byteVector(1, hello.legacySessionId)
      .vector(2, (list) => {
        for (const suite of hello.cipherSuites) list.uint16(suite);
      })
      .byteVector(1, hello.legacyCompressionMethods);
    writeExtensions(writer, hello.extensions);
  });
}

export function editServerHello(
  message: Uint8Array,
  edit: (hello: EditableServerHello) => void,
): Uint8Array {
  const read = readServerHello(new ByteReader(message.subarray(4)));
  const hello: EditableServerHello = { ...read, extensions: read.extensions.list() };
  edit(hello);
  return encodeServerHello(hello, (writer) => writeEach(writer, hello.extensions));
}

/** Changes the first message of a flight, which is EncryptedExtensions, and keeps the rest. */
export function editEncryptedExtensions(
  flight: Uint8Array,
  edit: (extensions: readonly Extension[]) => readonly Extension[],
): Uint8Array {
  const reader = new ByteReader(flight);
  assert.equal(reader.uint8(), MessageType.encrypted_extensions);
  const body = new ByteReader(reader.bytes(reader.uint24()));
  const extensions = ExtensionBlock.read(body).list();
  const edited = encodeMessage(MessageType.encrypted_extensions, (writer) =>
    writeExtensions(writer, edit(extensions)),
  );
  return Uint8Array.from([...edited, ...reader.rest()]);
}

/** The same ClientHello with the contents of pre_shared_key changed; binders as given. */
export function editOfferedPsks(
  message: Uint8Array,
  edit: (psks: OfferedPsks) => Pick<OfferedPsks, 'identities' | 'binders'>,
): Uint8Array {
  return editClientHello(message, (hello) => {
    const found = hello.extensions.find(({ type }) => type === ExtensionType.pre_shared_key);
    assert.ok(found !== undefined);
    const { identities, binders } = edit(readOfferedPsks(new ByteReader(found.data)));
    const writer = new ByteWriter();
    writer.vector(2, (list) => {
      for (const identity of identities) writePskIdentity(list, identity);
    });
    writer.vector(2, (list) => {
      for (const binder of binders) list.byteVector(1, binder);
    });
    hello.extensions = replaceExtension(
      hello.extensions,
      ExtensionType.pre_shared_key,
      writer.finish(),
    );
  });
}

/** The same first ClientHello with right binders for these PSKs, by place; others keep theirs. */
export function rebind(
  message: Uint8Array,
  psks: readonly (ExternalPsk | undefined)[],
): Uint8Array {
  let bindersLength = 0;
  editOfferedPsks(message, (offered) => {
    bindersLength = offered.bindersLength;
    return offered;
  });
  const truncated = message.subarray(0, message.length - bindersLength);
  return editOfferedPsks(message, (offered) => ({
    identities: offered.identities,
    binders: offered.binders.map((binder, i) => {
      const psk = psks[i];
      const wire = psk && pskIdentitiesOnWire(psk)[0];
      if (psk === undefined || wire === undefined) return binder;
      return createPskSchedule(crypto, psk, wire).binder(crypto.hash(wire.hash, truncated));
    }),
  }));
}
