export { ByteReader } from './byte-reader.ts';
export { ByteWriter } from './byte-writer.ts';
export {
  concatBytes,
  equalBytes,
  fromUtf8,
  isText,
  plainOctets,
  utf8,
  wipe,
  xorBytes,
} from './bytes.ts';
export {
  assertNever,
  InternalError,
  UnexpectedEnd,
  UsageError,
  VarintTooLarge,
} from './errors.ts';
export { fromHex, toHex } from './hex.ts';
export { formatIp, ipByFamily, isIpAddress, isIpv6, parseIp } from './ip-address.ts';
export { FRACTION_START, LARGE_COUNT_START } from './large-count.ts';
export {
  type Address,
  clearTransmit,
  createTransmit,
  type Datagram,
  type DatagramRun,
  type Duration,
  Ecn,
  formatAddress,
  type Instant,
  type Machine,
  type Random,
  sameAddress,
  type Transmit,
} from './machine.ts';
export { RangeSet } from './range-set.ts';
export { Secret } from './secret.ts';
export {
  MAX_VARINT,
  MAX_VARINT62,
  readUint32,
  readVarint,
  varintLength,
  writeUint32,
  writeVarint,
  writeVarint2,
  writeVarint8,
} from './varint.ts';
