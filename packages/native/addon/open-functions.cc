// Incoming packets, opened one by one or in runs.
#include <algorithm>
#include <cstring>

#include "crypto-arguments.h"
#include "instance.h"

namespace mpquic {

namespace {

constexpr int64_t kLongestConnectionId = 20;

/// unmask(handle, buffer, offset, packetNumberOffset)
napi_value Unmask(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 4);
  PacketProtection* keys = keysAt(arguments, 0, Direction::kOpen);
  Bytes buffer = arguments.bytes(1);
  size_t offset = arguments.length(2);
  size_t number = arguments.length(3);
  arguments.require(number > offset && number + 4 + kSampleLength <= buffer.length,
                    "the sample lies outside of the buffer");
  if (!arguments.ok()) return nullptr;
  if (!keys->unmask(buffer.data + offset, number - offset)) arguments.fail("OpenSSL made no mask");
  return nullptr;
}

/// open(handle, buffer, offset, headerLength, length, pathId, packetNumber): the length of the plaintext, or -1.
napi_value Open(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 7);
  PacketProtection* keys = keysAt(arguments, 0, Direction::kOpen);
  Bytes buffer = arguments.bytes(1);
  size_t offset = arguments.length(2);
  size_t header = arguments.length(3);
  size_t length = arguments.length(4);
  uint32_t pathId = static_cast<uint32_t>(arguments.integer(5, 0, UINT32_MAX));
  uint64_t number = static_cast<uint64_t>(arguments.integer(6, 0, kLargestPacketNumber));
  arguments.require(offset + length <= buffer.length, "the packet lies outside of the buffer");
  if (!arguments.ok()) return nullptr;
  if (length < header + kTagLength) return makeNumber(env, -1);
  bool opened = keys->open(buffer.data + offset, header, length, pathId, number);
  return makeNumber(env, opened ? static_cast<double>(length - header - kTagLength) : -1);
}

/// openShort(handle, buffer, offset, packetNumberOffset, length, pathId, largest, keyPhase): the length of the plaintext of a
/// 1-RTT packet; -1 where authentication fails, -2 where only the header is unmasked since the packet is of another key phase.
napi_value OpenShort(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 8);
  PacketProtection* keys = keysAt(arguments, 0, Direction::kOpen);
  Bytes buffer = arguments.bytes(1);
  size_t offset = arguments.length(2);
  size_t number = arguments.length(3);
  size_t length = arguments.length(4);
  uint32_t pathId = static_cast<uint32_t>(arguments.integer(5, 0, UINT32_MAX));
  int64_t largest = arguments.integer(6, -1, kLargestPacketNumber);
  int keyPhase = static_cast<int>(arguments.integer(7, 0, 1));
  size_t end = offset + length;
  arguments.require(end <= buffer.length && number > offset && number + 4 + kSampleLength <= end,
                    "the packet lies outside of the buffer");
  if (!arguments.ok()) return nullptr;
  ShortPacket opened = keys->openShort(buffer.data + offset, number - offset, length, pathId, largest, keyPhase);
  return makeNumber(env, static_cast<double>(opened.length));
}

/// Whether a packet of `length` octets is 1-RTT, long enough for a sample, and to the connection ID of another one.
bool continuesRun(const uint8_t* packet, size_t length, const uint8_t* first, size_t idLength) {
  return length >= 1 + idLength + 4 + kSampleLength && (packet[0] & 0xc0) == 0x40 &&
         memcmp(packet + 1, first + 1, idLength) == 0;
}

/// openRun(handle, buffer, offset, segmentSize, end, connectionIdLength, pathId, largest, keyPhase, results): openShort() for
/// packets one behind the other; writes length and packet number of each to `results`. Returns how many it dealt with.
napi_value OpenRun(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 10);
  PacketProtection* keys = keysAt(arguments, 0, Direction::kOpen);
  Bytes buffer = arguments.bytes(1);
  size_t offset = arguments.length(2);
  size_t segmentSize = static_cast<size_t>(arguments.integer(3, 1, UINT16_MAX));
  size_t end = arguments.length(4);
  size_t idLength = static_cast<size_t>(arguments.integer(5, 0, kLongestConnectionId));
  uint32_t pathId = static_cast<uint32_t>(arguments.integer(6, 0, UINT32_MAX));
  int64_t largest = arguments.integer(7, -1, kLargestPacketNumber);
  int keyPhase = static_cast<int>(arguments.integer(8, 0, 1));
  Doubles results = arguments.doubles(9);
  arguments.require(offset <= end && end <= buffer.length, "the packets lie outside of the buffer");
  if (!arguments.ok()) return nullptr;
  size_t count = 0;
  bool samePhase = true;
  for (size_t at = offset; at < end && samePhase && 2 * count + 1 < results.length; at += segmentSize) {
    uint8_t* packet = buffer.data + at;
    size_t length = std::min(segmentSize, end - at);
    if (!continuesRun(packet, length, buffer.data + offset, idLength)) break;
    ShortPacket opened = keys->openShort(packet, 1 + idLength, length, pathId, largest, keyPhase);
    results.data[2 * count] = static_cast<double>(opened.length);
    results.data[2 * count + 1] = static_cast<double>(opened.number);
    count += 1;
    if (opened.length >= 0) largest = std::max(largest, opened.number);
    samePhase = opened.length != kOtherKeyPhase;
  }
  return makeNumber(env, static_cast<double>(count));
}

constexpr FunctionEntry kFunctions[] = {
    {"unmask", Unmask},
    {"open", Open},
    {"openShort", OpenShort},
    {"openRun", OpenRun},
};

}  // namespace

bool defineOpenFunctions(napi_env env, napi_value exports) { return defineFunctions(env, exports, kFunctions); }

}  // namespace mpquic
