// QUIC packet protection: RFC 9001 §5, with the multipath nonce of MP-21 §2.4.
#pragma once
#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace mpquic {

constexpr size_t kIvLength = 12;
constexpr size_t kTagLength = 16;
constexpr size_t kSampleLength = 16;
constexpr size_t kLongestKey = 32;

enum class Direction { kSeal, kOpen };

/// One of the AEADs, in the order in which JavaScript numbers them.
struct Aead {
  const char* cipherName;
  const char* maskCipherName;
  size_t keyLength;
  bool isChaCha;
};

constexpr int kAeadCount = 3;
const Aead& aeadOf(int index);

/// Frees an OpenSSL context, which wipes the key in it.
struct CipherContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherContextDeleter>;

/// Makes header protection masks. All phases of a direction share one, since key updates leave its key unchanged.
/// RFC 9001 §5.4, §6
class HeaderProtection {
 public:
  /// nullptr where OpenSSL refuses.
  static std::shared_ptr<HeaderProtection> create(const Aead& aead, const uint8_t* key);
  /// Writes 5 octets of mask, and maybe more, into 16 octets of room.
  bool mask(const uint8_t* sample, uint8_t* mask);

 private:
  CipherContext cipher_;
  bool isChaCha_ = false;
};

/// The keys of one direction in one phase.
class PacketProtection {
 public:
  /// nullptr where OpenSSL refuses.
  static std::unique_ptr<PacketProtection> create(
      Direction direction, const Aead& aead, const uint8_t* key, const uint8_t* iv,
      std::shared_ptr<HeaderProtection> headerProtection);
  ~PacketProtection();

  Direction direction() const { return direction_; }
  const std::shared_ptr<HeaderProtection>& headerProtection() const { return headerProtection_; }

  /// Seals in place; 16 octets of room follow the payload, and packet number and payload have 4 octets or more.
  bool seal(uint8_t* packet, size_t headerLength, size_t packetNumberLength, size_t payloadLength,
            uint32_t pathId, uint64_t packetNumber);
  /// Removes header protection; 20 octets follow `packetNumberOffset`.
  bool unmask(uint8_t* packet, size_t packetNumberOffset);
  /// Decrypts in place; false where authentication fails. `length` is `headerLength` + 16 or more.
  bool open(uint8_t* packet, size_t headerLength, size_t length, uint32_t pathId, uint64_t packetNumber);

 private:
  PacketProtection() = default;
  void nonce(uint32_t pathId, uint64_t packetNumber, uint8_t* into) const;

  Direction direction_ = Direction::kSeal;
  CipherContext cipher_;
  std::shared_ptr<HeaderProtection> headerProtection_;
  uint8_t iv_[kIvLength] = {};
};

}  // namespace mpquic
