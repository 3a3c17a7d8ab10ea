// Outgoing packets: octets copied into them, and runs of them sealed.
#include <cstring>

#include "crypto-arguments.h"
#include "instance.h"

namespace mpquic {

namespace {

/// Columns of a seal table's row; the same as SealColumn of packages/crypto.
enum SealColumn { kOffset, kHeaderLength, kPacketNumberLength, kPayloadLength, kPathId, kNumberLow, kNumberHigh };
constexpr size_t kSealRowLength = 8;

/// Columns of a row of pieces; the same as PieceColumn of packages/crypto.
enum PieceColumn { kPieceSource, kPieceFrom, kPieceTo, kPieceLength };
constexpr size_t kPieceRowLength = 4;
constexpr uint32_t kMostSources = 8;

/// Whether row `row` of a seal table describes a packet inside the buffer.
bool isSealable(const int32_t* row, size_t bufferLength) {
  int64_t offset = row[kOffset];
  int64_t header = row[kHeaderLength];
  int64_t number = row[kPacketNumberLength];
  int64_t payload = row[kPayloadLength];
  if (offset < 0 || number < 1 || number > 4 || header < 1 + number || payload < 0) return false;
  if (number + payload < 4) return false;
  return offset + header + payload + static_cast<int64_t>(kTagLength) <= static_cast<int64_t>(bufferLength);
}

/// seal(handle, buffer, table, count): all rows are checked before the first packet is touched.
napi_value Seal(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 4);
  PacketProtection* keys = keysAt(arguments, 0, Direction::kSeal);
  Bytes buffer = arguments.bytes(1);
  Words table = arguments.words(2);
  size_t count = arguments.length(3);
  arguments.require(count <= table.length / kSealRowLength, "the seal table has fewer rows");
  if (!arguments.ok()) return nullptr;
  for (size_t i = 0; i < count; i++) {
    if (!arguments.require(isSealable(table.data + i * kSealRowLength, buffer.length),
                           "a row of the seal table lies outside of the buffer")) {
      return nullptr;
    }
  }
  for (size_t i = 0; i < count; i++) {
    const int32_t* row = table.data + i * kSealRowLength;
    uint64_t number = static_cast<uint64_t>(static_cast<uint32_t>(row[kNumberHigh])) << 32 |
                      static_cast<uint32_t>(row[kNumberLow]);
    if (!keys->seal(buffer.data + row[kOffset], row[kHeaderLength], row[kPacketNumberLength],
                    row[kPayloadLength], static_cast<uint32_t>(row[kPathId]), number)) {
      arguments.fail("OpenSSL did not encrypt a packet");
      return nullptr;
    }
  }
  return nullptr;
}

/// The memory of each Uint8Array of an array; throws where one is none, or there are more than `kMostSources`.
size_t readSources(Arguments& arguments, size_t index, Bytes* into) {
  uint32_t count = 0;
  if (!arguments.ok()) return 0;
  napi_value list = arguments.value(index);
  bool isArray = napi_get_array_length(arguments.env(), list, &count) == napi_ok;
  if (!arguments.require(isArray && count <= kMostSources, "an array of few sources is needed")) return 0;
  napi_value items[kMostSources];
  for (uint32_t i = 0; i < count; i++) {
    bool isThere = napi_get_element(arguments.env(), list, i, &items[i]) == napi_ok;
    if (!arguments.require(isThere, "a source is not there")) return 0;
  }
  // An element may have been a getter, which runs JavaScript: memory is asked for when all of them are here.
  for (uint32_t i = 0; i < count; i++) into[i] = arguments.bytesOf(items[i]);
  return count;
}

/// Whether a row of pieces lies inside of its source and of the buffer.
bool isCopyable(const int32_t* row, const Bytes* sources, size_t count, size_t bufferLength) {
  int64_t source = row[kPieceSource];
  int64_t from = row[kPieceFrom];
  int64_t to = row[kPieceTo];
  int64_t length = row[kPieceLength];
  if (source < 0 || source >= static_cast<int64_t>(count) || from < 0 || to < 0 || length < 0) return false;
  return from + length <= static_cast<int64_t>(sources[source].length) &&
         to + length <= static_cast<int64_t>(bufferLength);
}

/// copyPieces(buffer, sources, pieces, count): all rows are checked before the first octet is copied.
napi_value CopyPieces(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 4);
  Bytes sources[kMostSources];
  size_t sourceCount = readSources(arguments, 1, sources);
  // No other JavaScript runs from here on, so that the memory stays where it is.
  Bytes buffer = arguments.bytes(0);
  Words pieces = arguments.words(2);
  size_t count = arguments.length(3);
  arguments.require(count <= pieces.length / kPieceRowLength, "the table of pieces has fewer rows");
  for (size_t i = 0; arguments.ok() && i < count; i++) {
    arguments.require(isCopyable(pieces.data + i * kPieceRowLength, sources, sourceCount, buffer.length),
                      "a piece lies outside of its source or of the buffer");
  }
  if (!arguments.ok()) return nullptr;
  for (size_t i = 0; i < count; i++) {
    const int32_t* row = pieces.data + i * kPieceRowLength;
    // Empty memory may be a null pointer.
    if (row[kPieceLength] == 0) continue;
    memmove(buffer.data + row[kPieceTo], sources[row[kPieceSource]].data + row[kPieceFrom],
            static_cast<size_t>(row[kPieceLength]));
  }
  return nullptr;
}

constexpr FunctionEntry kFunctions[] = {
    {"seal", Seal},
    {"copyPieces", CopyPieces},
};

}  // namespace

bool defineSealFunctions(napi_env env, napi_value exports) { return defineFunctions(env, exports, kFunctions); }

}  // namespace mpquic
