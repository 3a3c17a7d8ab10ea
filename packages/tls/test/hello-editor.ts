/** Changes messages on their way, with binders that fit the change where wanted. */
import assert from 'node:assert/strict';
import { nodeCryptoProvider as crypto } from '@mpquic/crypto';
import { ByteReader, ByteWriter } from '@mpquic/wire';
import type { ExternalPsk } from '../src/index.ts';
import {
  type ClientHello,
  readClientHello,
  writeClientHello,
} from '../src/messages/client-hello.ts';
import {
  type Extension,
  ExtensionType,
  findExtension,
  readExtensions,
  writeExtensions,
} from '../src/messages/extensions.ts';
import { encodeMessage, MessageType } from '../src/messages/message.ts';
import {
  type OfferedPsks,
  readOfferedPsks,
  writePskBinders,
  writePskIdentities,
} from '../src/messages/pre-shared-key.ts';
import {
  encodeServerHello,
  readServerHello,
  type ServerHello,
} from '../src/messages/server-hello.ts';
import { createPskSchedule, pskIdentitiesOnWire } from '../src/wire-psk.ts';

type Changes<T> = { -readonly [K in keyof T]: T[K] };

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
  edit: (hello: Changes<ClientHello>) => void,
): Uint8Array {
  const hello: Changes<ClientHello> = readClientHello(new ByteReader(message.subarray(4)));
  edit(hello);
  return encodeMessage(MessageType.client_hello, (writer) => writeClientHello(writer, hello));
}

export function editServerHello(
  message: Uint8Array,
  edit: (hello: Changes<ServerHello>) => void,
): Uint8Array {
  const hello: Changes<ServerHello> = readServerHello(new ByteReader(message.subarray(4)));
  edit(hello);
  return encodeServerHello(hello);
}

/** Changes the first message of a flight, which is EncryptedExtensions, and keeps the rest. */
export function editEncryptedExtensions(
  flight: Uint8Array,
  edit: (extensions: readonly Extension[]) => readonly Extension[],
): Uint8Array {
  const reader = new ByteReader(flight);
  assert.equal(reader.uint8(), MessageType.encrypted_extensions);
  const extensions = readExtensions(new ByteReader(reader.bytes(reader.uint24())));
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
    const data = findExtension(hello.extensions, ExtensionType.pre_shared_key);
    assert.ok(data !== undefined);
    const { identities, binders } = edit(readOfferedPsks(new ByteReader(data)));
    const writer = new ByteWriter();
    writePskIdentities(writer, identities);
    writePskBinders(writer, binders);
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
      const { binderKey } = createPskSchedule(crypto, psk, wire);
      return crypto.hmac(wire.hash, binderKey, crypto.hash(wire.hash, truncated));
    }),
  }));
}
