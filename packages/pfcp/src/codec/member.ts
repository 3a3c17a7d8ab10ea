import { ByteReader, type ByteWriter, UnexpectedEnd } from '@mpquic/wire';
import { PfcpCause } from '../cause.ts';
import { IeFault, MalformedIe } from '../errors.ts';
import type { Ie } from './ie.ts';

/** Types from here on: the value begins with an enterprise identifier. TS 29.244 §8.1.1 */
const VENDOR_SPECIFIC = 0x8000;

/** The fields of a message or group while it is read. */
export type Fields = Record<PropertyKey, unknown>;

/** The column "P" of the tables of TS 29.244 §7. */
export type Presence = 'mandatory' | 'conditional' | 'optional';

/** One row of the table of a message or grouped element. */
export interface Member<M> {
  readonly type: number;
  readonly enterprise: number | undefined;
  readonly presence: Presence;
  readonly isList: boolean;
  readonly name: keyof M;
  read(reader: ByteReader): unknown;
  write(writer: ByteWriter, message: M): void;
}

type Value<M, K extends keyof M> = Exclude<M[K], undefined>;
type Item<M, K extends keyof M> = Value<M, K> extends readonly (infer T)[] ? T : never;

/** Must be there: otherwise the request is refused with cause 66. */
export function mandatory<M, K extends keyof M>(name: K, ie: Ie<Value<M, K>>): Member<M> {
  return single('mandatory', name, ie);
}

/** May be absent; where it is there but malformed the request is refused. */
export function conditional<M, K extends keyof M>(name: K, ie: Ie<Value<M, K>>): Member<M> {
  return single('conditional', name, ie);
}

/** May be absent; where it is malformed it counts as absent. */
export function optional<M, K extends keyof M>(name: K, ie: Ie<Value<M, K>>): Member<M> {
  return single('optional', name, ie);
}

/** One element at least, in the order of the message. */
export function mandatoryList<M, K extends keyof M>(name: K, ie: Ie<Item<M, K>>): Member<M> {
  return list('mandatory', name, ie);
}

/** Any number of elements; the field is absent where there is none. */
export function conditionalList<M, K extends keyof M>(name: K, ie: Ie<Item<M, K>>): Member<M> {
  return list('conditional', name, ie);
}

function single<M, K extends keyof M>(presence: Presence, name: K, ie: Ie<Value<M, K>>): Member<M> {
  return {
    type: ie.type,
    enterprise: ie.enterprise,
    presence,
    isList: false,
    name,
    read: (reader) => ie.read(reader),
    write(writer, message) {
      const value = message[name];
      if (value !== undefined) writeIe(writer, ie, value as Value<M, K>);
    },
  };
}

function list<M, K extends keyof M>(presence: Presence, name: K, ie: Ie<Item<M, K>>): Member<M> {
  return {
    type: ie.type,
    enterprise: ie.enterprise,
    presence,
    isList: true,
    name,
    read: (reader) => ie.read(reader),
    write(writer, message) {
      const values = message[name];
      if (values === undefined) return;
      for (const value of values as readonly Item<M, K>[]) writeIe(writer, ie, value);
    },
  };
}

function writeIe<T>(writer: ByteWriter, ie: Ie<T>, value: T): void {
  writer.uint16(ie.type).vector(2, (body) => {
    if (ie.enterprise !== undefined) body.uint16(ie.enterprise);
    ie.write(body, value);
  });
}

export function writeMembers<M>(
  members: readonly Member<M>[],
  writer: ByteWriter,
  message: M,
): void {
  for (const member of members) member.write(writer, message);
}

/**
 * Reads elements in any order up to the end. Unknown ones are ignored (TS 29.244 §7.6.6), of repeated ones
 * the first counts.
 * @param container type of the group, or 0 for a message: named where the sequence of elements is broken
 * @throws {IeFault}
 */
export function readMembers<M>(
  members: readonly Member<M>[],
  reader: ByteReader,
  container: number,
): Fields {
  const fields: Fields = {};
  while (reader.remaining > 0) {
    const element = nextElement(reader, container);
    const member = members.find(
      ({ type, enterprise }) => type === element.type && enterprise === element.enterprise,
    );
    if (member !== undefined) readMember(member, element.value, fields);
  }
  for (const { presence, name, type } of members) {
    if (presence === 'mandatory' && fields[name] === undefined) {
      throw new IeFault(PfcpCause.mandatoryIeMissing, type, `${String(name)} is missing`);
    }
  }
  return fields;
}

interface Element {
  readonly type: number;
  readonly enterprise: number | undefined;
  readonly value: ByteReader;
}

function nextElement(reader: ByteReader, container: number): Element {
  if (reader.remaining < 4) {
    throw new IeFault(PfcpCause.invalidLength, container, 'an element is cut short');
  }
  const type = reader.uint16();
  const length = reader.uint16();
  const vendor = type >= VENDOR_SPECIFIC;
  if (length > reader.remaining || (vendor && length < 2)) {
    throw new IeFault(PfcpCause.invalidLength, type, `element ${type} of ${length} octets`);
  }
  const value = new ByteReader(reader.source, reader.offset, reader.offset + length);
  reader.skip(length);
  return { type, enterprise: vendor ? value.uint16() : undefined, value };
}

function readMember<M>(member: Member<M>, reader: ByteReader, fields: Fields): void {
  const { name, isList } = member;
  if (!isList && fields[name] !== undefined) return;
  try {
    const value = member.read(reader);
    if (!isList) {
      fields[name] = value;
    } else {
      const values = (fields[name] ?? []) as unknown[];
      values.push(value);
      fields[name] = values;
    }
  } catch (error) {
    if (member.presence === 'optional' && isFault(error)) return;
    if (error instanceof UnexpectedEnd) {
      throw new IeFault(PfcpCause.invalidLength, member.type, `${String(name)}: ${error.message}`);
    }
    if (error instanceof MalformedIe) {
      const reason = `${String(name)}: ${error.message}`;
      throw new IeFault(PfcpCause.mandatoryIeIncorrect, member.type, reason);
    }
    throw error;
  }
}

function isFault(error: unknown): boolean {
  return error instanceof UnexpectedEnd || error instanceof MalformedIe || error instanceof IeFault;
}
