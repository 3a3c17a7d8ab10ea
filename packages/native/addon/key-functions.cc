// Keys of packet protection: from octets or from a traffic secret to a handle, until they are released.
#include <openssl/crypto.h>

#include "crypto-arguments.h"
#include "instance.h"
#include "key-schedule.h"

namespace mpquic {

namespace {

constexpr size_t kLabels = 3;
constexpr size_t kLabelCapacity = kLongestLabel + 1;

napi_value addProtection(Arguments& arguments, std::unique_ptr<PacketProtection> made) {
  double handle = 0;
  if (made != nullptr) handle = instanceOf(arguments.env()).packetProtections.add(std::move(made));
  if (handle == 0) {
    arguments.fail("OpenSSL did not take the keys");
    return nullptr;
  }
  return makeNumber(arguments.env(), handle);
}

/// createKeys(memory, direction, aead): keys of packet protection from the scratch memory, key || IV || header protection key.
napi_value CreateKeys(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 3);
  Direction direction = directionAt(arguments, 1);
  const Aead& aead = aeadAt(arguments, 2);
  uint8_t* memory = scratchAt(arguments, 0);
  if (memory == nullptr) return nullptr;
  const uint8_t* iv = memory + aead.keyLength;
  auto made = createPacketProtection(direction, aead, memory, iv, iv + kIvLength);
  OPENSSL_cleanse(memory, 2 * aead.keyLength + kIvLength);
  return addProtection(arguments, std::move(made));
}

/// deriveKeys(memory, direction, aead, hash, keyLabel, ivLabel, headerProtectionLabel, headerProtectionOf): keys from the
/// traffic secret in the scratch memory, with the header protection of other keys where that handle is not 0.
/// RFC 9001 §5.1
napi_value DeriveKeys(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 8);
  Direction direction = directionAt(arguments, 1);
  const Aead& aead = aeadAt(arguments, 2);
  int hash = hashAt(arguments, 3);
  char label[kLabels][kLabelCapacity];
  size_t labelLength[kLabels];
  for (size_t i = 0; i < kLabels; i++) labelLength[i] = arguments.text(4 + i, label[i], kLabelCapacity);
  bool isUpdate = arguments.handle(7) != 0;
  PacketProtection* before = isUpdate ? keysAt(arguments, 7, direction) : nullptr;
  arguments.require(before == nullptr || &before->aead() == &aead, "a key update leaves the AEAD as it is");
  uint8_t* secret = scratchAt(arguments, 0);
  if (secret == nullptr) return nullptr;

  const HmacKey base(hash, secret, hashLength(hash));
  OPENSSL_cleanse(secret, kLongestHash);
  uint8_t key[kLongestKey];
  uint8_t iv[kIvLength];
  uint8_t mask[kLongestKey];
  auto expand = [&](size_t i, uint8_t* into, size_t length) {
    return expandLabel(base, label[i], labelLength[i], nullptr, 0, into, length);
  };
  bool derived = expand(0, key, aead.keyLength) && expand(1, iv, kIvLength) &&
                 (isUpdate || expand(2, mask, aead.keyLength));
  std::unique_ptr<PacketProtection> made;
  if (derived) {
    made = isUpdate ? before->nextPhase(key, iv) : createPacketProtection(direction, aead, key, iv, mask);
  }
  OPENSSL_cleanse(key, sizeof key);
  OPENSSL_cleanse(iv, sizeof iv);
  OPENSSL_cleanse(mask, sizeof mask);
  return addProtection(arguments, std::move(made));
}

/// releaseKeys(handle): wipes the keys; nothing where they are gone already.
napi_value ReleaseKeys(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  int64_t handle = arguments.handle(0);
  if (arguments.ok()) instanceOf(env).packetProtections.remove(handle);
  return nullptr;
}

constexpr FunctionEntry kFunctions[] = {
    {"createKeys", CreateKeys},
    {"deriveKeys", DeriveKeys},
    {"releaseKeys", ReleaseKeys},
};

}  // namespace

bool defineKeyFunctions(napi_env env, napi_value exports) { return defineFunctions(env, exports, kFunctions); }

}  // namespace mpquic
