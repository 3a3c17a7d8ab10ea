#include "key-schedule.h"

#include <openssl/crypto.h>

#include <cstring>

namespace mpquic {

namespace {

constexpr char kPrefix[] = "tls13 ";
constexpr size_t kPrefixLength = sizeof kPrefix - 1;

struct ScheduleStep {
  bool first;
  size_t count;
  const char* labels[kMostDerived];
};

constexpr ScheduleStep kSteps[kScheduleStepCount] = {
    {true, 0, {}},
    {true, 1, {"ext binder"}},
    {true, 1, {"imp binder"}},
    {true, 1, {"res binder"}},
    {false, 2, {"c hs traffic", "s hs traffic"}},
    {false, 2, {"c ap traffic", "s ap traffic"}},
};

/// Derive-Secret(secret, label, .), given the hash of the messages.
void deriveSecret(const HmacKey& secret, const char* label, const uint8_t* context, uint8_t* into) {
  const size_t length = hashLength(secret.hash());
  expandLabel(secret, label, strlen(label), context, length, into, length);
}

}  // namespace

bool expandLabel(const HmacKey& secret, const char* label, size_t labelLength, const uint8_t* context,
                 size_t contextLength, uint8_t* into, size_t length) {
  uint8_t info[2 + 1 + kPrefixLength + kLongestLabel + 1 + kLongestHash + 1];
  uint8_t block[kLongestHash];
  size_t at = 0;
  if (labelLength > kLongestLabel || contextLength > kLongestHash || length > hashLength(secret.hash())) return false;
  info[at++] = static_cast<uint8_t>(length >> 8);
  info[at++] = static_cast<uint8_t>(length);
  info[at++] = static_cast<uint8_t>(kPrefixLength + labelLength);
  memcpy(info + at, kPrefix, kPrefixLength);
  at += kPrefixLength;
  memcpy(info + at, label, labelLength);
  at += labelLength;
  info[at++] = static_cast<uint8_t>(contextLength);
  if (contextLength > 0) memcpy(info + at, context, contextLength);
  at += contextLength;
  info[at++] = 1;
  secret.mac(info, at, block);
  memcpy(into, block, length);
  OPENSSL_cleanse(block, sizeof block);
  return true;
}

size_t derivedCount(int step) { return kSteps[step].count; }

void advanceKeySchedule(int hash, int step, uint8_t* secret, const uint8_t* input, size_t inputLength,
                        const uint8_t* context, uint8_t* derived) {
  const ScheduleStep& due = kSteps[step];
  const size_t length = hashLength(hash);
  uint8_t salt[kLongestHash] = {};
  if (!due.first) {
    uint8_t nothing[kLongestHash];
    Sha(hash).finish(nothing);
    deriveSecret(HmacKey(hash, secret, length), "derived", nothing, salt);
  }
  HmacKey(hash, salt, length).mac(input, inputLength, secret);
  OPENSSL_cleanse(salt, sizeof salt);
  const HmacKey next(hash, secret, length);
  for (size_t i = 0; i < due.count; i++) deriveSecret(next, due.labels[i], context, derived + i * length);
}

void finishedMac(int hash, const uint8_t* baseKey, const uint8_t* transcriptHash, uint8_t* into) {
  const size_t length = hashLength(hash);
  uint8_t key[kLongestHash];
  expandLabel(HmacKey(hash, baseKey, length), "finished", 8, nullptr, 0, key, length);
  HmacKey(hash, key, length).mac(transcriptHash, length, into);
  OPENSSL_cleanse(key, sizeof key);
}

}  // namespace mpquic
