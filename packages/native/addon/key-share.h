// Ephemeral (EC)DHE key pairs: X25519 (RFC 7748) and P-256.
#pragma once
#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace mpquic {

/// In the order in which JavaScript numbers them.
enum class Group { kX25519, kP256 };
constexpr int kGroupCount = 2;

constexpr size_t kLongestShare = 65;
constexpr size_t kSharedSecretLength = 32;

class KeyShare {
 public:
  /// nullptr where OpenSSL refuses.
  static std::unique_ptr<KeyShare> generate(Group group);

  /// Writes 32 or 65 octets; returns how many, 0 where OpenSSL refuses.
  size_t publicKey(uint8_t* into) const;
  /// Writes 32 octets; false where `peer` is no valid share: wrong form, off the curve, or of low order.
  bool agree(const uint8_t* peer, size_t peerLength, uint8_t* into) const;

 private:
  struct KeyDeleter {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  struct KeyContextDeleter {
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  };
  using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;
  using KeyContext = std::unique_ptr<EVP_PKEY_CTX, KeyContextDeleter>;

  KeyShare() = default;
  Key importPeer(const uint8_t* peer, size_t peerLength) const;

  Group group_ = Group::kX25519;
  Key key_;
};

}  // namespace mpquic
