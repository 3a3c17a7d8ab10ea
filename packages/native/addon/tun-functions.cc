// The functions that packages/native/src/addon.ts declares: TUN devices.
#include <uv.h>

#include "instance.h"

namespace mpquic {

namespace {

constexpr int64_t kLargestPacket = 65535;
/// RFC 791 §3.2
constexpr int64_t kSmallestMtu = 68;

TunDevice* deviceOf(Arguments& arguments, int64_t handle) {
  if (!arguments.ok()) return nullptr;
  TunHandle* found = instanceOf(arguments.env()).tunDevices.find(handle);
  arguments.require(found != nullptr, "a TUN device that is not, or no longer, there");
  return arguments.ok() ? found->device : nullptr;
}

void throwSystemError(napi_env env, int error) {
  napi_throw_error(env, uv_err_name(-error), uv_strerror(-error));
}

/// openTun(name, callback)
napi_value OpenTun(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 2);
  char name[IFNAMSIZ] = {};
  arguments.text(0, name, sizeof name);
  napi_value callback = arguments.function(1);
  if (!arguments.ok()) return nullptr;
  int error = 0;
  TunDevice* device = TunDevice::open(env, name, callback, &error);
  if (device == nullptr) {
    throwSystemError(env, error);
    return nullptr;
  }
  double handle = instanceOf(env).tunDevices.add(std::unique_ptr<TunHandle>(new TunHandle{device}));
  if (handle == 0) {
    device->close();
    arguments.fail("too many TUN devices");
    return nullptr;
  }
  return makeNumber(env, handle);
}

/// tunName(handle)
napi_value TunName(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  TunDevice* device = deviceOf(arguments, arguments.handle(0));
  napi_value name = nullptr;
  if (device != nullptr) napi_create_string_latin1(env, device->name(), NAPI_AUTO_LENGTH, &name);
  return name;
}

/// configureTun(handle, address, prefixLength, mtu)
napi_value ConfigureTun(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 4);
  TunDevice* device = deviceOf(arguments, arguments.handle(0));
  Bytes address = arguments.bytes(1);
  int prefixLength = static_cast<int>(arguments.integer(2, 0, 32));
  int mtu = static_cast<int>(arguments.integer(3, kSmallestMtu, kLargestPacket));
  if (!arguments.require(address.length == 4, "an IPv4 address has 4 octets")) return nullptr;
  if (int error = device->configure(address.data, prefixLength, mtu)) throwSystemError(env, error);
  return nullptr;
}

/// addTunRoute(handle, network, prefixLength)
napi_value AddTunRoute(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 3);
  TunDevice* device = deviceOf(arguments, arguments.handle(0));
  Bytes network = arguments.bytes(1);
  int prefixLength = static_cast<int>(arguments.integer(2, 0, 32));
  if (!arguments.require(network.length == 4, "an IPv4 network has 4 octets")) return nullptr;
  if (int error = device->addRoute(network.data, prefixLength)) throwSystemError(env, error);
  return nullptr;
}

/// readTun(handle, buffer): octets of a packet, 0 where none waits, or a negative errno.
napi_value ReadTun(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 2);
  TunDevice* device = deviceOf(arguments, arguments.handle(0));
  Bytes buffer = arguments.bytes(1);
  if (!arguments.require(buffer.length > 0, "no room to read")) return nullptr;
  return makeNumber(env, device->read(buffer.data, buffer.length));
}

/// writeTun(handle, packet): octets written, 0 where there is no room, or a negative errno.
napi_value WriteTun(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 2);
  TunDevice* device = deviceOf(arguments, arguments.handle(0));
  Bytes packet = arguments.bytes(1);
  if (!arguments.require(packet.length > 0 && packet.length <= kLargestPacket, "no packet has that length")) {
    return nullptr;
  }
  return makeNumber(env, device->write(packet.data, packet.length));
}

/// closeTun(handle)
napi_value CloseTun(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  int64_t handle = arguments.handle(0);
  TunDevice* device = deviceOf(arguments, handle);
  if (device == nullptr) return nullptr;
  instanceOf(env).tunDevices.remove(handle);
  // The device itself lives on until the event loop has let go of it.
  device->close();
  return nullptr;
}

constexpr FunctionEntry kFunctions[] = {
    {"openTun", OpenTun},
    {"tunName", TunName},
    {"configureTun", ConfigureTun},
    {"addTunRoute", AddTunRoute},
    {"readTun", ReadTun},
    {"writeTun", WriteTun},
    {"closeTun", CloseTun},
};

}  // namespace

bool defineTunFunctions(napi_env env, napi_value exports) { return defineFunctions(env, exports, kFunctions); }

}  // namespace mpquic
