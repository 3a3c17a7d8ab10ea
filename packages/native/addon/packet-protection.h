// QUIC packet protection: RFC 9001 §5, with the multipath nonce of MP-21 §2.4.
#pragma once
#include <memory>

#include "packet-cipher.h"

namespace mpquic {

constexpr int64_t kLargestPacketNumber = (int64_t{1} << 53) - 1;

/// Instead of the length of a plaintext.
constexpr int64_t kForged = -1;
constexpr int64_t kOtherKeyPhase = -2;

/// What came of a 1-RTT packet that was to be opened.
struct ShortPacket {
  /// Of the plaintext, which ends 16 octets before the packet does; or one of the above.
  int64_t length;
  int64_t number;
};

/// The keys of one direction in one phase. Its destructor wipes them.
class PacketProtection {
 public:
  virtual ~PacketProtection();
  PacketProtection(const PacketProtection&) = delete;
  PacketProtection& operator=(const PacketProtection&) = delete;

  Direction direction() const { return direction_; }
  const Aead& aead() const { return aead_; }

  /// Seals in place; 16 octets of room follow the payload, and packet number and payload have 4 octets or more. False where
  /// OpenSSL refuses.
  virtual bool seal(uint8_t* packet, size_t headerLength, size_t packetNumberLength, size_t payloadLength,
                    uint32_t pathId, uint64_t packetNumber) = 0;
  /// Removes header protection; 20 octets follow `packetNumberOffset`. False where OpenSSL refuses.
  virtual bool unmask(uint8_t* packet, size_t packetNumberOffset) = 0;
  /// Decrypts in place; false where authentication fails, with the payload ruined. `length` is `headerLength` + 16 or more.
  virtual bool open(uint8_t* packet, size_t headerLength, size_t length, uint32_t pathId, uint64_t packetNumber) = 0;
  /// Both for a 1-RTT packet of `length` octets, unless its Key Phase bit is not `keyPhase`. `largest` is the largest packet
  /// number received on the path, or -1.
  virtual ShortPacket openShort(uint8_t* packet, size_t packetNumberOffset, size_t length, uint32_t pathId,
                                int64_t largest, int keyPhase) = 0;
  /// Those of the next phase, which leaves header protection as it is (RFC 9001 §6). nullptr where OpenSSL refuses.
  virtual std::unique_ptr<PacketProtection> nextPhase(const uint8_t* key, const uint8_t* iv) const = 0;

 protected:
  PacketProtection(Direction direction, const Aead& aead, const uint8_t* iv);
  void nonce(uint32_t pathId, uint64_t packetNumber, uint8_t* into) const;

 private:
  Direction direction_;
  const Aead& aead_;
  uint8_t iv_[kIvLength];
};

/// By the AES-GCM of this addon where the processor allows it, or by OpenSSL. nullptr where that refuses.
std::unique_ptr<PacketProtection> createPacketProtection(Direction direction, const Aead& aead, const uint8_t* key,
                                                         const uint8_t* iv, const uint8_t* headerProtectionKey);
std::unique_ptr<PacketProtection> createOpensslProtection(Direction direction, const Aead& aead, const uint8_t* key,
                                                          const uint8_t* iv, const uint8_t* headerProtectionKey);
/// For AES only, and only where `vaesGcmInUse()`.
std::unique_ptr<PacketProtection> createVaesProtection(Direction direction, const Aead& aead, const uint8_t* key,
                                                       const uint8_t* iv, const uint8_t* headerProtectionKey);

}  // namespace mpquic
