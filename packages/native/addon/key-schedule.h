// HMAC (RFC 2104) and HKDF-Expand-Label (RFC 9846 §7.1).
#pragma once
#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace mpquic {

constexpr int kHashCount = 2;
constexpr size_t kLongestHash = 48;
constexpr size_t kLongestBlock = 128;

/// Octets of SHA-256 and SHA-384, in the order in which JavaScript numbers them.
size_t hashLength(int hash);

struct DigestContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, DigestContextDeleter>;

/// Computes HMACs one after the other, without a context for each.
class KeySchedule {
 public:
  bool hash(int hash, const uint8_t* data, size_t length, uint8_t* into);
  bool hmac(int hash, const uint8_t* key, size_t keyLength, const uint8_t* data, size_t length, uint8_t* into);
  /// HKDF-Expand-Label with an empty context, of at most one hash. `label` goes without "tls13 ".
  bool expandLabel(int hash, const uint8_t* secret, const char* label, size_t labelLength, uint8_t* into,
                   size_t length);

  static constexpr size_t kLongestLabel = 32;

 private:
  bool round(int hash, const uint8_t* first, size_t firstLength, const uint8_t* second, size_t secondLength,
             uint8_t* into);

  DigestContext context_[kHashCount];
};

}  // namespace mpquic
