// Packet protection by an AEAD and a block cipher for masks, which are part of the object.
#pragma once
#include "packet-protection.h"
#include "pooled.h"

namespace mpquic {

constexpr uint8_t kKeyPhaseBit = 0x04;

/// The full packet number of which `truncated` holds the last `length` octets. RFC 9000 §A.3
inline int64_t decodePacketNumber(int64_t truncated, size_t length, int64_t largest) {
  int64_t expected = largest + 1;
  int64_t window = int64_t{1} << (8 * length);
  int64_t half = window / 2;
  int64_t candidate = (expected & ~(window - 1)) | truncated;
  if (candidate <= expected - half && candidate < kLargestPacketNumber - window) return candidate + window;
  if (candidate > expected + half && candidate >= window) return candidate - window;
  return candidate;
}

/// `Cipher` is the AEAD of one direction under one key:
/// - `Cipher(direction, aead, key)`, and `isUsable()` unless OpenSSL refused;
/// - `seal(nonce, header, headerLength, payload, payloadLength)` encrypts in place and writes the tag behind the payload;
/// - `open(...)`, the same the other way round; false where the tag is wrong.
/// `Mask` makes header protection masks (RFC 9001 §5.4): `Mask(aead, key)`, `isUsable()`, copies, and `mask(sample, mask)`, which
/// writes 5 octets, and maybe more, into 16 octets of room. The destructors of both wipe the keys.
template <class Cipher, class Mask>
class ProtectionBy final : public PacketProtection, public Pooled<ProtectionBy<Cipher, Mask>> {
 public:
  ProtectionBy(Direction direction, const Aead& aead, const uint8_t* key, const uint8_t* iv, const Mask& mask)
      : PacketProtection(direction, aead, iv), mask_(mask), cipher_(direction, aead, key) {}

  bool isUsable() const { return mask_.isUsable() && cipher_.isUsable(); }

  bool seal(uint8_t* packet, size_t headerLength, size_t packetNumberLength, size_t payloadLength, uint32_t pathId,
            uint64_t packetNumber) override {
    uint8_t iv[kIvLength];
    uint8_t mask[kSampleLength];
    uint8_t* payload = packet + headerLength;
    nonce(pathId, packetNumber, iv);
    if (!cipher_.seal(iv, packet, headerLength, payload, payloadLength)) return false;

    uint8_t* packetNumberStart = payload - packetNumberLength;
    // RFC 9001 §5.4.2: the sample lies as if the packet number took 4 octets.
    if (!mask_.mask(packetNumberStart + 4, mask)) return false;
    packet[0] ^= mask[0] & ((packet[0] & 0x80) ? 0x0f : 0x1f);
    for (size_t i = 0; i < packetNumberLength; i++) packetNumberStart[i] ^= mask[1 + i];
    return true;
  }

  bool unmask(uint8_t* packet, size_t packetNumberOffset) override {
    uint8_t mask[kSampleLength];
    uint8_t* packetNumber = packet + packetNumberOffset;
    if (!mask_.mask(packetNumber + 4, mask)) return false;
    packet[0] ^= mask[0] & ((packet[0] & 0x80) ? 0x0f : 0x1f);
    size_t length = (packet[0] & 0x03) + 1;
    for (size_t i = 0; i < length; i++) packetNumber[i] ^= mask[1 + i];
    return true;
  }

  bool open(uint8_t* packet, size_t headerLength, size_t length, uint32_t pathId, uint64_t packetNumber) override {
    uint8_t iv[kIvLength];
    nonce(pathId, packetNumber, iv);
    return cipher_.open(iv, packet, headerLength, packet + headerLength, length - headerLength - kTagLength);
  }

  ShortPacket openShort(uint8_t* packet, size_t packetNumberOffset, size_t length, uint32_t pathId, int64_t largest,
                        int keyPhase) override {
    if (!unmask(packet, packetNumberOffset)) return {kForged, 0};
    size_t numberLength = (packet[0] & 0x03) + 1;
    int64_t truncated = 0;
    for (size_t i = 0; i < numberLength; i++) truncated = truncated << 8 | packet[packetNumberOffset + i];
    int64_t number = decodePacketNumber(truncated, numberLength, largest);
    if (((packet[0] & kKeyPhaseBit) != 0) != (keyPhase != 0)) return {kOtherKeyPhase, number};
    size_t headerLength = packetNumberOffset + numberLength;
    if (length < headerLength + kTagLength) return {kForged, number};
    bool opened = open(packet, headerLength, length, pathId, static_cast<uint64_t>(number));
    return {opened ? static_cast<int64_t>(length - headerLength - kTagLength) : kForged, number};
  }

  std::unique_ptr<PacketProtection> nextPhase(const uint8_t* key, const uint8_t* iv) const override {
    return create(direction(), aead(), key, iv, mask_);
  }

  /// nullptr where OpenSSL refuses.
  static std::unique_ptr<PacketProtection> create(Direction direction, const Aead& aead, const uint8_t* key,
                                                  const uint8_t* iv, const Mask& mask) {
    auto made = std::make_unique<ProtectionBy>(direction, aead, key, iv, mask);
    if (!made->isUsable()) return nullptr;
    return made;
  }

 private:
  Mask mask_;
  Cipher cipher_;
};

}  // namespace mpquic
