// The functions that packages/native/src/addon.ts declares: hashes, HMAC and the steps of the key schedule.
#include <openssl/crypto.h>

#include <cstring>

#include "crypto-arguments.h"
#include "instance.h"
#include "key-schedule.h"

namespace mpquic {

namespace {

/// hash(memory, hash, length): the digest of that much scratch memory, written to its start.
napi_value Hash(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 3);
  int hash = hashAt(arguments, 1);
  size_t length = arguments.length(2, kScratchLength);
  uint8_t* memory = scratchAt(arguments, 0);
  if (memory == nullptr) return nullptr;
  Sha running(hash);
  running.update(memory, length);
  running.finish(memory);
  return nullptr;
}

/// hmac(memory, hash, keyLength, length): the HMAC of key || data in the scratch memory, written to its start; key and data
/// are wiped.
napi_value Hmac(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 4);
  int hash = hashAt(arguments, 1);
  size_t keyLength = arguments.length(2, kScratchLength);
  size_t length = arguments.length(3, kScratchLength);
  arguments.require(keyLength + length <= kScratchLength, "more than the scratch memory");
  uint8_t* memory = scratchAt(arguments, 0);
  if (memory == nullptr) return nullptr;
  uint8_t mac[kLongestHash];
  HmacKey(hash, memory, keyLength).mac(memory + keyLength, length, mac);
  OPENSSL_cleanse(memory, keyLength + length);
  memcpy(memory, mac, hashLength(hash));
  OPENSSL_cleanse(mac, sizeof mac);
  return nullptr;
}

/// advanceKeySchedule(memory, hash, step, inputLength): from secret || context || input in the scratch memory to
/// the next secret || those derived from it; nothing else is left of the input.
napi_value AdvanceKeySchedule(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 4);
  int hash = hashAt(arguments, 1);
  int step = static_cast<int>(arguments.integer(2, 0, kScheduleStepCount - 1));
  size_t inputLength = arguments.length(3, kScratchLength - 2 * kLongestHash);
  uint8_t* memory = scratchAt(arguments, 0);
  if (memory == nullptr) return nullptr;
  const size_t length = hashLength(hash);
  uint8_t derived[kMostDerived * kLongestHash];
  uint8_t* context = memory + length;
  uint8_t* input = context + length;
  advanceKeySchedule(hash, step, memory, input, inputLength, context, derived);
  OPENSSL_cleanse(input, inputLength);
  memcpy(context, derived, derivedCount(step) * length);
  OPENSSL_cleanse(derived, sizeof derived);
  return nullptr;
}

/// finishedMac(memory, hash): from base key || transcript hash in the scratch memory, which are wiped, to the HMAC.
napi_value FinishedMac(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 2);
  int hash = hashAt(arguments, 1);
  uint8_t* memory = scratchAt(arguments, 0);
  if (memory == nullptr) return nullptr;
  const size_t length = hashLength(hash);
  uint8_t mac[kLongestHash];
  finishedMac(hash, memory, memory + length, mac);
  OPENSSL_cleanse(memory, 2 * length);
  memcpy(memory, mac, length);
  return nullptr;
}

constexpr FunctionEntry kFunctions[] = {
    {"hash", Hash},
    {"hmac", Hmac},
    {"advanceKeySchedule", AdvanceKeySchedule},
    {"finishedMac", FinishedMac},
};

}  // namespace

bool defineKeyScheduleFunctions(napi_env env, napi_value exports) { return defineFunctions(env, exports, kFunctions); }

}  // namespace mpquic
