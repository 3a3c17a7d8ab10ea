// Ephemeral (EC)DHE key pairs: X25519 (RFC 7748) and P-256.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "x25519.h"

namespace mpquic {

/// In the order in which JavaScript numbers them.
enum class Group { kX25519, kP256 };
constexpr int kGroupCount = 2;

constexpr size_t kSharedSecretLength = 32;

/// The private half of a key pair. Its destructor wipes it.
class KeyShare {
 public:
  virtual ~KeyShare() = default;
  /// Writes 32 octets; false where `peer` is no valid share: wrong form, off the curve, or of low order.
  virtual bool agree(const uint8_t* peer, size_t peerLength, uint8_t* into) const = 0;
};

/// Whether a result of X25519 is a secret: all zeros MUST be refused. RFC 9846 §7.4.2
bool isSharedSecret(const uint8_t* secret);

/// Writes the public key, 32 or 65 octets; nullptr where OpenSSL refuses.
std::unique_ptr<KeyShare> createOpensslKeyShare(Group group, uint8_t* publicKey);

/// Makes X25519 key pairs some at a time and gives each away once; those that wait are wiped with it.
class X25519KeyPairs {
 public:
  ~X25519KeyPairs();
  /// As `createOpensslKeyShare`, only where `ownX25519InUse()`.
  std::unique_ptr<KeyShare> take(uint8_t* publicKey);

 private:
  uint8_t private_[kX25519Batch][kX25519Length];
  uint8_t public_[kX25519Batch][kX25519Length];
  size_t waiting_ = 0;
};

}  // namespace mpquic
