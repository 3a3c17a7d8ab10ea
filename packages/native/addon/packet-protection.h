// QUIC packet protection: RFC 9001 §5, with the multipath nonce of MP-21 §2.4.
#pragma once
#include "packet-cipher.h"

namespace mpquic {

/// The AES-GCM of this addon where the processor allows it, or OpenSSL. nullptr where that refuses. All phases of a direction
/// share one mask cipher, since key updates leave its key unchanged. RFC 9001 §5.4, §6
std::shared_ptr<MaskCipher> createMaskCipher(const Aead& aead, const uint8_t* key);

/// Instead of the length of a plaintext.
constexpr int64_t kForged = -1;
constexpr int64_t kOtherKeyPhase = -2;

/// What came of a 1-RTT packet that was to be opened.
struct ShortPacket {
  /// Of the plaintext, which ends 16 octets before the packet does; or one of the above.
  int64_t length;
  int64_t number;
};

/// The keys of one direction in one phase.
class PacketProtection {
 public:
  /// nullptr where OpenSSL refuses.
  static std::unique_ptr<PacketProtection> create(Direction direction, const Aead& aead, const uint8_t* key,
                                                  const uint8_t* iv, std::shared_ptr<MaskCipher> headerProtection);
  ~PacketProtection();

  Direction direction() const { return direction_; }
  const std::shared_ptr<MaskCipher>& headerProtection() const { return headerProtection_; }

  /// Seals in place; 16 octets of room follow the payload, and packet number and payload have 4 octets or more.
  bool seal(uint8_t* packet, size_t headerLength, size_t packetNumberLength, size_t payloadLength,
            uint32_t pathId, uint64_t packetNumber);
  /// Removes header protection; 20 octets follow `packetNumberOffset`.
  bool unmask(uint8_t* packet, size_t packetNumberOffset);
  /// Decrypts in place; false where authentication fails. `length` is `headerLength` + 16 or more.
  bool open(uint8_t* packet, size_t headerLength, size_t length, uint32_t pathId, uint64_t packetNumber);
  /// Both for a 1-RTT packet of `length` octets, unless its Key Phase bit is not `keyPhase`. `largest` is the largest packet
  /// number received on the path, or -1.
  ShortPacket openShort(uint8_t* packet, size_t packetNumberOffset, size_t length, uint32_t pathId, int64_t largest,
                        int keyPhase);

 private:
  PacketProtection() = default;
  void nonce(uint32_t pathId, uint64_t packetNumber, uint8_t* into) const;

  Direction direction_ = Direction::kSeal;
  std::unique_ptr<PacketCipher> cipher_;
  std::shared_ptr<MaskCipher> headerProtection_;
  uint8_t iv_[kIvLength] = {};
};

}  // namespace mpquic
