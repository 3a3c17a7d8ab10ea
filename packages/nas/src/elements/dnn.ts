import type { ByteReader, ByteWriter } from '@mpquic/wire';
import { fromUtf8, UsageError, utf8 } from '@mpquic/wire';
import type { ValueCodec } from '../codec/value.ts';
import { MalformedValue } from '../errors.ts';

const LABEL = /^[\w-]+$/;

/** A data network name as text with dots; on the wire a length octet before each label. TS 23.003 §9.1 */
export const dnn: ValueCodec<string> = { read: readLabels, write: writeLabels };

/** Names of labels up to the end of the value, as a DNN or an FQDN in a traffic descriptor has them. */
export function readLabels(reader: ByteReader): string {
  const labels: string[] = [];
  while (reader.remaining > 0) {
    const length = reader.uint8();
    if (length === 0 || length > 63) throw new MalformedValue(`a label of ${length} octets`);
    const label = fromUtf8(reader.bytes(length));
    if (!LABEL.test(label)) throw new MalformedValue('a label of other characters');
    labels.push(label);
  }
  if (labels.length === 0) throw new MalformedValue('a name without labels');
  return labels.join('.');
}

export function writeLabels(writer: ByteWriter, name: string): void {
  for (const label of name.split('.')) {
    const octets = utf8(label);
    if (octets.length === 0 || octets.length > 63) throw new UsageError(`"${name}" is no name`);
    writer.uint8(octets.length).bytes(octets);
  }
}
