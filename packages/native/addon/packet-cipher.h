// What packet protection is made of: an AEAD for packets and a block cipher for masks. OpenSSL has all of them; AES-GCM has an
// implementation of its own for processors with wide vector instructions.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace mpquic {

constexpr size_t kIvLength = 12;
constexpr size_t kTagLength = 16;
constexpr size_t kSampleLength = 16;
constexpr size_t kLongestKey = 32;
constexpr int64_t kLargestPacketNumber = (int64_t{1} << 53) - 1;

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

/// The AEAD of one direction under one key. Its destructor wipes the key.
class PacketCipher {
 public:
  virtual ~PacketCipher() = default;
  /// Encrypts in place and writes the tag behind the payload. False where OpenSSL refuses.
  virtual bool seal(const uint8_t* nonce, const uint8_t* header, size_t headerLength, uint8_t* payload,
                    size_t payloadLength) = 0;
  /// Decrypts in place the payload that the tag follows; false where that does not authenticate, with the payload ruined.
  virtual bool open(const uint8_t* nonce, const uint8_t* header, size_t headerLength, uint8_t* payload,
                    size_t payloadLength) = 0;
};

/// Makes header protection masks. RFC 9001 §5.4
class MaskCipher {
 public:
  virtual ~MaskCipher() = default;
  /// Writes 5 octets of mask, and maybe more, into 16 octets of room.
  virtual bool mask(const uint8_t* sample, uint8_t* mask) = 0;
};

/// nullptr where OpenSSL refuses.
std::unique_ptr<PacketCipher> createOpensslCipher(Direction direction, const Aead& aead, const uint8_t* key);
std::unique_ptr<MaskCipher> createOpensslMaskCipher(const Aead& aead, const uint8_t* key);

/// Whether this processor runs the AES-GCM of vaes-gcm.cc, and the environment does not forbid it
/// (MPQUIC_NATIVE_GCM=openssl).
bool vaesGcmInUse();
/// For AES only, and only where `vaesGcmInUse()`.
std::unique_ptr<PacketCipher> createVaesCipher(const Aead& aead, const uint8_t* key);
std::unique_ptr<MaskCipher> createVaesMaskCipher(const Aead& aead, const uint8_t* key);

}  // namespace mpquic
