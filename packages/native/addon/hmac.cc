// OpenSSL deprecates its plain hash functions in favour of contexts, but keeps them.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "hmac.h"

#include <openssl/crypto.h>

#include <cstring>

namespace mpquic {

namespace {

constexpr size_t kHashLengths[kHashCount] = {32, 48};
/// Octets that a hash takes in at once.
constexpr size_t kBlockLengths[kHashCount] = {64, 128};
constexpr size_t kLongestBlock = 128;
constexpr int kSha256 = 0;

}  // namespace

size_t hashLength(int hash) { return kHashLengths[hash]; }

Sha::Sha(int hash) : hash_(hash) {
  if (hash == kSha256) {
    SHA256_Init(&sha256_);
  } else {
    SHA384_Init(&sha512_);
  }
}

void Sha::update(const uint8_t* data, size_t length) {
  if (hash_ == kSha256) {
    SHA256_Update(&sha256_, data, length);
  } else {
    SHA384_Update(&sha512_, data, length);
  }
}

void Sha::finish(uint8_t* into) {
  if (hash_ == kSha256) {
    SHA256_Final(into, &sha256_);
  } else {
    SHA384_Final(into, &sha512_);
  }
  wipe();
}

void Sha::wipe() {
  if (hash_ == kSha256) {
    OPENSSL_cleanse(&sha256_, sizeof sha256_);
  } else {
    OPENSSL_cleanse(&sha512_, sizeof sha512_);
  }
}

HmacKey::HmacKey(int hash, const uint8_t* key, size_t length) : hash_(hash), inner_(hash), outer_(hash) {
  const size_t blockLength = kBlockLengths[hash];
  uint8_t block[kLongestBlock] = {};
  if (length > blockLength) {
    Sha shortened(hash);
    shortened.update(key, length);
    shortened.finish(block);
  } else if (length > 0) {
    memcpy(block, key, length);
  }
  for (size_t i = 0; i < blockLength; i++) block[i] ^= 0x36;
  inner_.update(block, blockLength);
  for (size_t i = 0; i < blockLength; i++) block[i] ^= 0x36 ^ 0x5c;
  outer_.update(block, blockLength);
  OPENSSL_cleanse(block, blockLength);
}

HmacKey::~HmacKey() {
  inner_.wipe();
  outer_.wipe();
}

void HmacKey::mac(const uint8_t* text, size_t length, uint8_t* into) const {
  uint8_t digest[kLongestHash];
  Sha inner = inner_;
  inner.update(text, length);
  inner.finish(digest);
  Sha outer = outer_;
  outer.update(digest, hashLength(hash_));
  outer.finish(into);
  OPENSSL_cleanse(digest, sizeof digest);
}

}  // namespace mpquic
