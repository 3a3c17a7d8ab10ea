// The functions that packages/native/src/addon.ts declares: packet protection and key shares.
#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>

#include "instance.h"
#include "key-schedule.h"

namespace mpquic {

namespace {

constexpr int64_t kLargestHandle = (1LL << 53) - 1;
constexpr int64_t kLargestLength = 1 << 30;
constexpr int64_t kLongestConnectionId = 20;
constexpr size_t kLabelCapacity = kLongestLabel + 1;

/// Columns of a seal table's row; the same as SealColumn of packages/crypto.
enum SealColumn { kOffset, kHeaderLength, kPacketNumberLength, kPayloadLength, kPathId, kNumberLow, kNumberHigh };
constexpr size_t kSealRowLength = 8;

/// Columns of a row of pieces; the same as PieceColumn of packages/crypto.
enum PieceColumn { kPieceSource, kPieceFrom, kPieceTo, kPieceLength };
constexpr size_t kPieceRowLength = 4;
constexpr uint32_t kMostSources = 8;

PacketProtection* protection(Arguments& arguments, int64_t handle, Direction direction) {
  if (!arguments.ok()) return nullptr;
  PacketProtection* found = instanceOf(arguments.env()).packetProtections.find(handle);
  arguments.require(found != nullptr && found->direction() == direction, "keys that are not, or no longer, there");
  return arguments.ok() ? found : nullptr;
}

napi_value addProtection(Arguments& arguments, std::unique_ptr<PacketProtection> made) {
  double handle = 0;
  if (made != nullptr) handle = instanceOf(arguments.env()).packetProtections.add(std::move(made));
  if (handle == 0) {
    arguments.fail("OpenSSL did not take the keys");
    return nullptr;
  }
  return makeNumber(arguments.env(), handle);
}

/// createKeys(memory, direction, aead): keys of packet protection from the scratch memory, key || IV || header protection key.
napi_value CreateKeys(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 3);
  Direction direction = arguments.integer(1, 0, 1) == 0 ? Direction::kSeal : Direction::kOpen;
  const Aead& aead = aeadOf(static_cast<int>(arguments.integer(2, 0, kAeadCount - 1)));
  uint8_t* memory = scratch(arguments, 0);
  if (memory == nullptr) return nullptr;
  const uint8_t* iv = memory + aead.keyLength;
  auto headerProtection = createMaskCipher(aead, iv + kIvLength);
  auto made = PacketProtection::create(direction, aead, memory, iv, std::move(headerProtection));
  OPENSSL_cleanse(memory, 2 * aead.keyLength + kIvLength);
  return addProtection(arguments, std::move(made));
}

/// deriveKeys(memory, direction, aead, hash, keyLabel, ivLabel, headerProtectionLabel, headerProtectionOf): keys from the
/// traffic secret in the scratch memory, with the header protection of other keys where that handle is not 0.
/// RFC 9001 §5.1
napi_value DeriveKeys(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 8);
  Direction direction = arguments.integer(1, 0, 1) == 0 ? Direction::kSeal : Direction::kOpen;
  const Aead& aead = aeadOf(static_cast<int>(arguments.integer(2, 0, kAeadCount - 1)));
  int hash = static_cast<int>(arguments.integer(3, 0, kHashCount - 1));
  char label[3][kLabelCapacity];
  size_t labelLength[3];
  for (size_t i = 0; i < 3; i++) labelLength[i] = arguments.text(4 + i, label[i], kLabelCapacity);
  int64_t like = arguments.integer(7, 0, kLargestHandle);
  PacketProtection* sibling = like == 0 ? nullptr : protection(arguments, like, direction);
  uint8_t* secret = scratch(arguments, 0);
  if (secret == nullptr) return nullptr;

  uint8_t key[kLongestKey];
  uint8_t iv[kIvLength];
  uint8_t mask[kLongestKey];
  bool derived;
  std::shared_ptr<MaskCipher> headerProtection;
  {
    const HmacKey base(hash, secret, hashLength(hash));
    derived = expandLabel(base, label[0], labelLength[0], nullptr, 0, key, aead.keyLength) &&
              expandLabel(base, label[1], labelLength[1], nullptr, 0, iv, kIvLength);
    if (sibling != nullptr) {
      headerProtection = sibling->headerProtection();
    } else if (expandLabel(base, label[2], labelLength[2], nullptr, 0, mask, aead.keyLength)) {
      headerProtection = createMaskCipher(aead, mask);
    }
  }
  std::unique_ptr<PacketProtection> made;
  if (derived) made = PacketProtection::create(direction, aead, key, iv, std::move(headerProtection));
  OPENSSL_cleanse(key, sizeof key);
  OPENSSL_cleanse(iv, sizeof iv);
  OPENSSL_cleanse(mask, sizeof mask);
  OPENSSL_cleanse(secret, kLongestHash);
  return addProtection(arguments, std::move(made));
}

/// releaseKeys(handle): wipes the keys; nothing where they are gone already.
napi_value ReleaseKeys(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  int64_t handle = arguments.integer(0, 0, kLargestHandle);
  if (arguments.ok()) instanceOf(env).packetProtections.remove(handle);
  return nullptr;
}

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
  int64_t handle = arguments.integer(0, 0, kLargestHandle);
  Bytes buffer = arguments.bytes(1);
  Words table = arguments.words(2);
  size_t count = static_cast<size_t>(arguments.integer(3, 0, kLargestLength));
  PacketProtection* keys = protection(arguments, handle, Direction::kSeal);
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
  size_t count = static_cast<size_t>(arguments.integer(3, 0, kLargestLength));
  arguments.require(count <= pieces.length / kPieceRowLength, "the table of pieces has fewer rows");
  for (size_t i = 0; arguments.ok() && i < count; i++) {
    arguments.require(isCopyable(pieces.data + i * kPieceRowLength, sources, sourceCount, buffer.length),
                      "a piece lies outside of its source or of the buffer");
  }
  if (!arguments.ok()) return nullptr;
  for (size_t i = 0; i < count; i++) {
    const int32_t* row = pieces.data + i * kPieceRowLength;
    memmove(buffer.data + row[kPieceTo], sources[row[kPieceSource]].data + row[kPieceFrom],
            static_cast<size_t>(row[kPieceLength]));
  }
  return nullptr;
}

/// unmask(handle, buffer, offset, packetNumberOffset)
napi_value Unmask(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 4);
  int64_t handle = arguments.integer(0, 0, kLargestHandle);
  Bytes buffer = arguments.bytes(1);
  size_t offset = static_cast<size_t>(arguments.integer(2, 0, kLargestLength));
  size_t number = static_cast<size_t>(arguments.integer(3, 0, kLargestLength));
  PacketProtection* keys = protection(arguments, handle, Direction::kOpen);
  arguments.require(number > offset && number + 4 + kSampleLength <= buffer.length,
                    "the sample lies outside of the buffer");
  if (!arguments.ok()) return nullptr;
  if (!keys->unmask(buffer.data + offset, number - offset)) arguments.fail("OpenSSL made no mask");
  return nullptr;
}

/// open(handle, buffer, offset, headerLength, length, pathId, packetNumber): the length of the plaintext, or -1.
napi_value Open(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 7);
  int64_t handle = arguments.integer(0, 0, kLargestHandle);
  Bytes buffer = arguments.bytes(1);
  size_t offset = static_cast<size_t>(arguments.integer(2, 0, kLargestLength));
  size_t header = static_cast<size_t>(arguments.integer(3, 0, kLargestLength));
  size_t length = static_cast<size_t>(arguments.integer(4, 0, kLargestLength));
  uint32_t pathId = static_cast<uint32_t>(arguments.integer(5, 0, UINT32_MAX));
  uint64_t number = static_cast<uint64_t>(arguments.integer(6, 0, kLargestPacketNumber));
  PacketProtection* keys = protection(arguments, handle, Direction::kOpen);
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
  int64_t handle = arguments.integer(0, 0, kLargestHandle);
  Bytes buffer = arguments.bytes(1);
  size_t offset = static_cast<size_t>(arguments.integer(2, 0, kLargestLength));
  size_t number = static_cast<size_t>(arguments.integer(3, 0, kLargestLength));
  size_t length = static_cast<size_t>(arguments.integer(4, 0, kLargestLength));
  uint32_t pathId = static_cast<uint32_t>(arguments.integer(5, 0, UINT32_MAX));
  int64_t largest = arguments.integer(6, -1, kLargestPacketNumber);
  int keyPhase = static_cast<int>(arguments.integer(7, 0, 1));
  PacketProtection* keys = protection(arguments, handle, Direction::kOpen);
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
  int64_t handle = arguments.integer(0, 0, kLargestHandle);
  Bytes buffer = arguments.bytes(1);
  size_t offset = static_cast<size_t>(arguments.integer(2, 0, kLargestLength));
  size_t segmentSize = static_cast<size_t>(arguments.integer(3, 1, UINT16_MAX));
  size_t end = static_cast<size_t>(arguments.integer(4, 0, kLargestLength));
  size_t idLength = static_cast<size_t>(arguments.integer(5, 0, kLongestConnectionId));
  uint32_t pathId = static_cast<uint32_t>(arguments.integer(6, 0, UINT32_MAX));
  int64_t largest = arguments.integer(7, -1, kLargestPacketNumber);
  int keyPhase = static_cast<int>(arguments.integer(8, 0, 1));
  Doubles results = arguments.doubles(9);
  PacketProtection* keys = protection(arguments, handle, Direction::kOpen);
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

/// generateKeyShare(memory, group): a handle; the public key stands in the scratch memory.
napi_value GenerateKeyShare(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 2);
  Group group = static_cast<Group>(arguments.integer(1, 0, kGroupCount - 1));
  uint8_t* memory = scratch(arguments, 0);
  if (memory == nullptr) return nullptr;
  std::unique_ptr<KeyShare> share = KeyShare::generate(group);
  double handle = 0;
  if (share != nullptr && share->publicKey(memory) > 0) handle = instanceOf(env).keyShares.add(std::move(share));
  if (handle != 0) return makeNumber(env, handle);
  arguments.fail("OpenSSL made no key pair");
  return nullptr;
}

/// agree(memory, handle, length): uses the key share up. Takes the peer's share from the scratch memory, where the shared
/// secret replaces it; returns its length, or -1 where the peer's share is not valid.
napi_value Agree(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 3);
  int64_t handle = arguments.integer(1, 0, kLargestHandle);
  size_t length = static_cast<size_t>(arguments.integer(2, 0, kScratchLength));
  uint8_t* memory = scratch(arguments, 0);
  if (memory == nullptr) return nullptr;
  std::unique_ptr<KeyShare> share = instanceOf(env).keyShares.remove(handle);
  if (!arguments.require(share != nullptr, "a key share that is not, or no longer, there")) return nullptr;
  uint8_t secret[kSharedSecretLength];
  bool agreed = share->agree(memory, length, secret);
  if (agreed) memcpy(memory, secret, sizeof secret);
  OPENSSL_cleanse(secret, sizeof secret);
  return makeNumber(env, agreed ? static_cast<double>(kSharedSecretLength) : -1);
}

/// releaseKeyShare(handle): wipes the private key; nothing where it is gone already.
napi_value ReleaseKeyShare(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  int64_t handle = arguments.integer(0, 0, kLargestHandle);
  if (arguments.ok()) instanceOf(env).keyShares.remove(handle);
  return nullptr;
}

/// ownGcm(): whether AES-GCM is that of vaes-gcm.cc.
napi_value OwnGcm(napi_env env, napi_callback_info) {
  napi_value result = nullptr;
  napi_get_boolean(env, vaesGcmInUse(), &result);
  return result;
}

/// liveObjects(): how many keys, key shares, sockets, reservations and TUN devices there are.
napi_value LiveObjects(napi_env env, napi_callback_info) {
  Instance& instance = instanceOf(env);
  return makeNumber(env, static_cast<double>(instance.packetProtections.size() + instance.keyShares.size() +
                                             instance.sockets.size() + instance.reservations.size() +
                                             instance.tunDevices.size()));
}

}  // namespace

bool defineCryptoFunctions(napi_env env, napi_value exports) {
  return defineFunction(env, exports, "createKeys", CreateKeys) &&
         defineFunction(env, exports, "deriveKeys", DeriveKeys) &&
         defineFunction(env, exports, "releaseKeys", ReleaseKeys) &&
         defineFunction(env, exports, "seal", Seal) &&
         defineFunction(env, exports, "copyPieces", CopyPieces) &&
         defineFunction(env, exports, "unmask", Unmask) &&
         defineFunction(env, exports, "open", Open) && defineFunction(env, exports, "openShort", OpenShort) &&
         defineFunction(env, exports, "openRun", OpenRun) &&
         defineFunction(env, exports, "ownGcm", OwnGcm) &&
         defineFunction(env, exports, "generateKeyShare", GenerateKeyShare) &&
         defineFunction(env, exports, "agree", Agree) &&
         defineFunction(env, exports, "releaseKeyShare", ReleaseKeyShare) &&
         defineFunction(env, exports, "liveObjects", LiveObjects);
}

}  // namespace mpquic
