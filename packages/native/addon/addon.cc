// The entry of the addon: one instance for each JavaScript environment.
#include "instance.h"

namespace mpquic {

Instance& instanceOf(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Instance*>(data);
}

bool defineFunction(napi_env env, napi_value exports, const FunctionEntry& entry) {
  napi_value value = nullptr;
  return napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.function, nullptr, &value) == napi_ok &&
         napi_set_named_property(env, exports, entry.name, value) == napi_ok;
}

namespace {

using DefineFunctions = bool (*)(napi_env env, napi_value exports);

constexpr DefineFunctions kSubjects[] = {
    defineKeyFunctions,  defineKeyScheduleFunctions, defineKeyShareFunctions, defineOpenFunctions,
    defineSealFunctions, defineSocketFunctions,      defineTunFunctions,
};

/// ownGcm(): whether AES-GCM is that of vaes-protection.cc.
napi_value OwnGcm(napi_env env, napi_callback_info) {
  napi_value result = nullptr;
  napi_get_boolean(env, vaesGcmInUse(), &result);
  return result;
}

/// ownX25519(): whether X25519 is that of x25519.cc.
napi_value OwnX25519(napi_env env, napi_callback_info) {
  napi_value result = nullptr;
  napi_get_boolean(env, ownX25519InUse(), &result);
  return result;
}

/// liveObjects(): how many keys, key shares, sockets, reservations and TUN devices there are.
napi_value LiveObjects(napi_env env, napi_callback_info) {
  Instance& instance = instanceOf(env);
  return makeNumber(env, static_cast<double>(instance.packetProtections.size() + instance.keyShares.size() +
                                             instance.sockets.size() + instance.reservations.size() +
                                             instance.tunDevices.size()));
}

constexpr FunctionEntry kFunctions[] = {
    {"ownGcm", OwnGcm},
    {"ownX25519", OwnX25519},
    {"liveObjects", LiveObjects},
};

void releaseInstance(napi_env, void* data, void*) { delete static_cast<Instance*>(data); }

}  // namespace

bool defineAll(napi_env env, napi_value exports) {
  auto* instance = new Instance();
  if (napi_set_instance_data(env, instance, releaseInstance, nullptr) != napi_ok) {
    delete instance;
    return false;
  }
  for (DefineFunctions define : kSubjects) {
    if (!define(env, exports)) return false;
  }
  return defineFunctions(env, exports, kFunctions);
}

}  // namespace mpquic

NAPI_MODULE_INIT() {
  if (mpquic::defineAll(env, exports)) return exports;
  napi_throw_error(env, "ERR_NATIVE", "the addon could not be set up");
  return nullptr;
}
