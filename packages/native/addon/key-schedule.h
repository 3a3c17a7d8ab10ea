// TLS 1.3's key schedule (RFC 9846 §7.1) over HMAC.
#pragma once
#include <cstddef>
#include <cstdint>

#include "hmac.h"

namespace mpquic {

/// Octets of a label without "tls13 ".
constexpr size_t kLongestLabel = 32;

/// HKDF-Expand-Label of at most one hash, with a context that is empty or as long as the hash. `label` goes without
/// "tls13 "; false where it or the length is too long.
bool expandLabel(const HmacKey& secret, const char* label, size_t labelLength, const uint8_t* context,
                 size_t contextLength, uint8_t* into, size_t length);

/// The secrets of the schedule, in its order, and what is derived from each at once; as KEY_SCHEDULE_STEPS of
/// packages/crypto, in the order in which JavaScript numbers them.
constexpr int kScheduleStepCount = 6;
constexpr size_t kMostDerived = 2;

/// How many secrets a step derives.
size_t derivedCount(int step);

/// One step. The secret before, as long as the hash and of no meaning for the first step, gives way to
/// HKDF-Extract(Derive-Secret(secret, "derived", ""), input); `derived` gets Derive-Secret(., label, .) of that one for
/// the step's labels, one behind the other, where `context` is the hash of the messages.
void advanceKeySchedule(int hash, int step, uint8_t* secret, const uint8_t* input, size_t inputLength,
                        const uint8_t* context, uint8_t* derived);

/// The HMAC of Finished and of PSK binders: under HKDF-Expand-Label(baseKey, "finished", "", Hash.length).
/// RFC 9846 §4.5.3
void finishedMac(int hash, const uint8_t* baseKey, const uint8_t* transcriptHash, uint8_t* into);

}  // namespace mpquic
