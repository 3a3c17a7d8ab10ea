// The entry of the addon: one instance for each JavaScript environment.
#include "instance.h"

namespace mpquic {

Instance& instanceOf(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Instance*>(data);
}

uint8_t* scratch(Arguments& arguments, size_t index) {
  Bytes memory = arguments.bytes(index);
  arguments.require(memory.length >= kScratchLength, "too little scratch memory");
  return arguments.ok() ? memory.data : nullptr;
}

bool defineFunction(napi_env env, napi_value exports, const char* name, napi_callback function) {
  napi_value value = nullptr;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value) == napi_ok &&
         napi_set_named_property(env, exports, name, value) == napi_ok;
}

static void releaseInstance(napi_env, void* data, void*) { delete static_cast<Instance*>(data); }

}  // namespace mpquic

NAPI_MODULE_INIT() {
  auto* instance = new mpquic::Instance();
  if (napi_set_instance_data(env, instance, mpquic::releaseInstance, nullptr) != napi_ok) {
    delete instance;
    napi_throw_error(env, "ERR_NATIVE", "no instance data");
    return nullptr;
  }
  if (!mpquic::defineCryptoFunctions(env, exports) || !mpquic::defineKeyScheduleFunctions(env, exports) ||
      !mpquic::defineSocketFunctions(env, exports) || !mpquic::defineTunFunctions(env, exports)) {
    napi_throw_error(env, "ERR_NATIVE", "the functions could not be defined");
    return nullptr;
  }
  return exports;
}
