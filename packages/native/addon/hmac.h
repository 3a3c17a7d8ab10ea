// SHA-256 and SHA-384 (FIPS 180-4), and HMAC over them (RFC 2104).
#pragma once
#include <openssl/sha.h>

#include <cstddef>
#include <cstdint>

namespace mpquic {

constexpr int kHashCount = 2;
constexpr size_t kLongestHash = 48;

/// Octets of SHA-256 and SHA-384, in the order in which JavaScript numbers them.
size_t hashLength(int hash);

/// A running hash in plain memory: a copy goes on from the same state. OpenSSL's contexts, which live on the heap and
/// ask a provider for each step, take longer than the short texts of a key schedule themselves.
class Sha {
 public:
  explicit Sha(int hash);

  void update(const uint8_t* data, size_t length);
  /// Writes the digest and wipes the state: nothing may follow.
  void finish(uint8_t* into);
  void wipe();

 private:
  int hash_;
  union {
    SHA256_CTX sha256_;
    SHA512_CTX sha512_;
  };
};

/// The two states behind the padded key: a further HMAC under the same key takes half of the first one's time.
class HmacKey {
 public:
  HmacKey(int hash, const uint8_t* key, size_t length);
  ~HmacKey();
  HmacKey(const HmacKey&) = delete;
  HmacKey& operator=(const HmacKey&) = delete;

  int hash() const { return hash_; }
  /// Writes as many octets as the hash has; `into` may be the text itself.
  void mac(const uint8_t* text, size_t length, uint8_t* into) const;

 private:
  int hash_;
  Sha inner_;
  Sha outer_;
};

}  // namespace mpquic
