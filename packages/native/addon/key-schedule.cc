#include "key-schedule.h"

#include <openssl/crypto.h>

#include <cstring>

namespace mpquic {

namespace {

struct HashFunction {
  const char* name;
  size_t length;
  size_t block;
};

constexpr HashFunction kHashes[kHashCount] = {{"SHA256", 32, 64}, {"SHA384", 48, 128}};

const EVP_MD* digestOf(int hash) {
  static EVP_MD* const fetched[kHashCount] = {
      EVP_MD_fetch(nullptr, kHashes[0].name, nullptr),
      EVP_MD_fetch(nullptr, kHashes[1].name, nullptr),
  };
  return fetched[hash];
}

constexpr char kPrefix[] = "tls13 ";
constexpr size_t kPrefixLength = sizeof kPrefix - 1;

}  // namespace

size_t hashLength(int hash) { return kHashes[hash].length; }

bool KeySchedule::hash(int hash, const uint8_t* data, size_t length, uint8_t* into) {
  return round(hash, data, length, nullptr, 0, into);
}

bool KeySchedule::hmac(int hash, const uint8_t* key, size_t keyLength, const uint8_t* data, size_t length,
                       uint8_t* into) {
  const HashFunction& function = kHashes[hash];
  uint8_t block[kLongestBlock] = {};
  uint8_t inner[kLongestHash];
  if (keyLength > function.block) {
    if (!this->hash(hash, key, keyLength, block)) return false;
  } else if (keyLength > 0) {
    memcpy(block, key, keyLength);
  }
  for (size_t i = 0; i < function.block; i++) block[i] ^= 0x36;
  bool made = round(hash, block, function.block, data, length, inner);
  for (size_t i = 0; i < function.block; i++) block[i] ^= 0x36 ^ 0x5c;
  made = made && round(hash, block, function.block, inner, function.length, into);
  OPENSSL_cleanse(block, sizeof block);
  OPENSSL_cleanse(inner, sizeof inner);
  return made;
}

bool KeySchedule::expandLabel(int hash, const uint8_t* secret, const char* label, size_t labelLength,
                              uint8_t* into, size_t length) {
  uint8_t info[2 + 1 + kPrefixLength + kLongestLabel + 1 + 1];
  uint8_t block[kLongestHash];
  size_t at = 0;
  if (labelLength > kLongestLabel || length > hashLength(hash)) return false;
  info[at++] = static_cast<uint8_t>(length >> 8);
  info[at++] = static_cast<uint8_t>(length);
  info[at++] = static_cast<uint8_t>(kPrefixLength + labelLength);
  memcpy(info + at, kPrefix, kPrefixLength);
  at += kPrefixLength;
  memcpy(info + at, label, labelLength);
  at += labelLength;
  info[at++] = 0;
  info[at++] = 1;
  if (!hmac(hash, secret, hashLength(hash), info, at, block)) return false;
  memcpy(into, block, length);
  OPENSSL_cleanse(block, sizeof block);
  return true;
}

bool KeySchedule::round(int hash, const uint8_t* first, size_t firstLength, const uint8_t* second,
                        size_t secondLength, uint8_t* into) {
  DigestContext& context = context_[hash];
  if (context == nullptr) context.reset(EVP_MD_CTX_new());
  return context != nullptr && EVP_DigestInit_ex(context.get(), digestOf(hash), nullptr) == 1 &&
         EVP_DigestUpdate(context.get(), first, firstLength) == 1 &&
         EVP_DigestUpdate(context.get(), second, secondLength) == 1 &&
         EVP_DigestFinal_ex(context.get(), into, nullptr) == 1;
}

}  // namespace mpquic
