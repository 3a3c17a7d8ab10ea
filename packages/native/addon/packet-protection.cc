#include "packet-protection.h"

#include <openssl/crypto.h>

#include <cstring>

namespace mpquic {

namespace {

constexpr uint8_t kKeyPhaseBit = 0x04;

/// The full packet number of which `truncated` holds the last `length` octets. RFC 9000 §A.3
int64_t decodePacketNumber(int64_t truncated, size_t length, int64_t largest) {
  int64_t expected = largest + 1;
  int64_t window = int64_t{1} << (8 * length);
  int64_t half = window / 2;
  int64_t candidate = (expected & ~(window - 1)) | truncated;
  if (candidate <= expected - half && candidate < kLargestPacketNumber - window) return candidate + window;
  if (candidate > expected + half && candidate >= window) return candidate - window;
  return candidate;
}

}  // namespace

std::shared_ptr<MaskCipher> createMaskCipher(const Aead& aead, const uint8_t* key) {
  if (!aead.isChaCha && vaesGcmInUse()) return createVaesMaskCipher(aead, key);
  return createOpensslMaskCipher(aead, key);
}

std::unique_ptr<PacketProtection> PacketProtection::create(Direction direction, const Aead& aead,
                                                           const uint8_t* key, const uint8_t* iv,
                                                           std::shared_ptr<MaskCipher> headerProtection) {
  std::unique_ptr<PacketProtection> made(new PacketProtection());
  made->cipher_ = !aead.isChaCha && vaesGcmInUse() ? createVaesCipher(aead, key)
                                                    : createOpensslCipher(direction, aead, key);
  if (made->cipher_ == nullptr || headerProtection == nullptr) return nullptr;
  made->direction_ = direction;
  made->headerProtection_ = std::move(headerProtection);
  memcpy(made->iv_, iv, kIvLength);
  return made;
}

PacketProtection::~PacketProtection() { OPENSSL_cleanse(iv_, sizeof iv_); }

bool PacketProtection::seal(uint8_t* packet, size_t headerLength, size_t packetNumberLength,
                            size_t payloadLength, uint32_t pathId, uint64_t packetNumber) {
  uint8_t iv[kIvLength];
  uint8_t mask[kSampleLength];
  uint8_t* payload = packet + headerLength;
  nonce(pathId, packetNumber, iv);
  if (!cipher_->seal(iv, packet, headerLength, payload, payloadLength)) return false;

  uint8_t* packetNumberStart = payload - packetNumberLength;
  // RFC 9001 §5.4.2: the sample lies as if the packet number took 4 octets.
  if (!headerProtection_->mask(packetNumberStart + 4, mask)) return false;
  packet[0] ^= mask[0] & ((packet[0] & 0x80) ? 0x0f : 0x1f);
  for (size_t i = 0; i < packetNumberLength; i++) packetNumberStart[i] ^= mask[1 + i];
  return true;
}

bool PacketProtection::unmask(uint8_t* packet, size_t packetNumberOffset) {
  uint8_t mask[kSampleLength];
  uint8_t* packetNumber = packet + packetNumberOffset;
  if (!headerProtection_->mask(packetNumber + 4, mask)) return false;
  packet[0] ^= mask[0] & ((packet[0] & 0x80) ? 0x0f : 0x1f);
  size_t length = (packet[0] & 0x03) + 1;
  for (size_t i = 0; i < length; i++) packetNumber[i] ^= mask[1 + i];
  return true;
}

bool PacketProtection::open(uint8_t* packet, size_t headerLength, size_t length, uint32_t pathId,
                            uint64_t packetNumber) {
  uint8_t iv[kIvLength];
  nonce(pathId, packetNumber, iv);
  return cipher_->open(iv, packet, headerLength, packet + headerLength, length - headerLength - kTagLength);
}

ShortPacket PacketProtection::openShort(uint8_t* packet, size_t packetNumberOffset, size_t length, uint32_t pathId,
                                        int64_t largest, int keyPhase) {
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

void PacketProtection::nonce(uint32_t pathId, uint64_t packetNumber, uint8_t* into) const {
  memcpy(into, iv_, kIvLength);
  for (int i = 0; i < 4; i++) into[i] ^= static_cast<uint8_t>(pathId >> (24 - 8 * i));
  for (int i = 0; i < 8; i++) into[4 + i] ^= static_cast<uint8_t>(packetNumber >> (56 - 8 * i));
}

}  // namespace mpquic
