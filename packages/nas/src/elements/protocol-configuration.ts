import type { ValueCodec } from '../codec/value.ts';

/** One container of the extended protocol configuration options. TS 24.008 §10.5.6.3 */
export interface ConfigurationContainer {
  /** 0x0001 P-CSCF request ... 0xff00 to 0xffff operator-specific. */
  readonly identifier: number;
  readonly content: Uint8Array;
}

/** Containers whose length takes two octets. TS 24.008 Table 10.5.154 */
const LONG_CONTAINERS: ReadonlySet<number> = new Set([0x0023, 0x0024, 0x0030, 0x0031, 0x0032]);

const PPP_FOR_IP = 0x80;

/** Extended protocol configuration options, configuration protocol 0. TS 24.501 §9.11.4.6 */
export const protocolConfiguration: ValueCodec<readonly ConfigurationContainer[]> = {
  read(reader) {
    reader.uint8();
    const containers: ConfigurationContainer[] = [];
    while (reader.remaining > 0) {
      const identifier = reader.uint16();
      const length = LONG_CONTAINERS.has(identifier) ? reader.uint16() : reader.uint8();
      containers.push({ identifier, content: reader.bytes(length) });
    }
    return containers;
  },
  write(writer, containers) {
    writer.uint8(PPP_FOR_IP);
    for (const { identifier, content } of containers) {
      writer.uint16(identifier);
      writer.vector(LONG_CONTAINERS.has(identifier) ? 2 : 1, (body) => body.bytes(content));
    }
  },
};
