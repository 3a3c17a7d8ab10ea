// (EC)DHE key shares.
#include <openssl/crypto.h>

#include <cstring>

#include "crypto-arguments.h"
#include "instance.h"

namespace mpquic {

namespace {

/// generateKeyShare(memory, group): a handle; the public key stands in the scratch memory.
napi_value GenerateKeyShare(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 2);
  Group group = static_cast<Group>(arguments.integer(1, 0, kGroupCount - 1));
  uint8_t* memory = scratchAt(arguments, 0);
  if (memory == nullptr) return nullptr;
  Instance& instance = instanceOf(env);
  std::unique_ptr<KeyShare> share = group == Group::kX25519 && ownX25519InUse()
                                        ? instance.x25519KeyPairs.take(memory)
                                        : createOpensslKeyShare(group, memory);
  double handle = share == nullptr ? 0 : instance.keyShares.add(std::move(share));
  if (handle != 0) return makeNumber(env, handle);
  arguments.fail("OpenSSL made no key pair");
  return nullptr;
}

/// agree(memory, handle, length): uses the key share up. Takes the peer's share from the scratch memory, where the shared
/// secret replaces it; returns its length, or -1 where the peer's share is not valid.
napi_value Agree(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 3);
  int64_t handle = arguments.handle(1);
  size_t length = arguments.length(2, kScratchLength);
  uint8_t* memory = scratchAt(arguments, 0);
  if (memory == nullptr) return nullptr;
  std::unique_ptr<KeyShare> share = instanceOf(env).keyShares.remove(handle);
  if (!arguments.require(share != nullptr, "a key share that is not, or no longer, there")) return nullptr;
  uint8_t secret[kSharedSecretLength];
  bool agreed = share->agree(memory, length, secret);
  if (agreed) memcpy(memory, secret, sizeof secret);
  OPENSSL_cleanse(secret, sizeof secret);
  return makeNumber(env, agreed ? static_cast<double>(kSharedSecretLength) : -1);
}

/// releaseKeyShare(handle): wipes the private key; nothing where it is gone already.
napi_value ReleaseKeyShare(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  int64_t handle = arguments.handle(0);
  if (arguments.ok()) instanceOf(env).keyShares.remove(handle);
  return nullptr;
}

/// x25519(memory): for tests, private key || point in the scratch memory become the secret, by the addon's own arithmetic.
napi_value X25519(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  arguments.require(ownX25519InUse(), "X25519 is that of OpenSSL here");
  uint8_t* memory = scratchAt(arguments, 0);
  if (memory != nullptr) x25519(memory, memory + kX25519Length, memory);
  return nullptr;
}

constexpr FunctionEntry kFunctions[] = {
    {"generateKeyShare", GenerateKeyShare},
    {"agree", Agree},
    {"releaseKeyShare", ReleaseKeyShare},
    {"x25519", X25519},
};

}  // namespace

bool defineKeyShareFunctions(napi_env env, napi_value exports) { return defineFunctions(env, exports, kFunctions); }

}  // namespace mpquic
