// What one JavaScript environment (the main thread or a worker) keeps in this addon.
#pragma once
#include "arguments.h"
#include "handle-table.h"
#include "key-share.h"
#include "packet-protection.h"
#include "socket-reservation.h"
#include "tun-device.h"
#include "udp-socket.h"

namespace mpquic {

struct Instance {
  HandleTable<PacketProtection> packetProtections;
  HandleTable<KeyShare> keyShares;
  HandleTable<SocketHandle> sockets;
  HandleTable<SocketReservation> reservations;
  HandleTable<TunHandle> tunDevices;
  X25519KeyPairs x25519KeyPairs;
  ReceiveWorkspace receiveWorkspace;
};

/// Octets of the memory that JavaScript hands in for small inputs and outputs.
constexpr size_t kScratchLength = 4096;

Instance& instanceOf(napi_env env);

/// A function as JavaScript knows it.
struct FunctionEntry {
  const char* name;
  napi_callback function;
};

bool defineFunction(napi_env env, napi_value exports, const FunctionEntry& entry);

template <size_t kCount>
bool defineFunctions(napi_env env, napi_value exports, const FunctionEntry (&entries)[kCount]) {
  for (const FunctionEntry& entry : entries) {
    if (!defineFunction(env, exports, entry)) return false;
  }
  return true;
}

/// The functions of each subject, which packages/native/src/addon.ts describes, as properties of the addon's exports.
bool defineKeyFunctions(napi_env env, napi_value exports);
bool defineKeyScheduleFunctions(napi_env env, napi_value exports);
bool defineKeyShareFunctions(napi_env env, napi_value exports);
bool defineOpenFunctions(napi_env env, napi_value exports);
bool defineSealFunctions(napi_env env, napi_value exports);
bool defineSocketFunctions(napi_env env, napi_value exports);
bool defineTunFunctions(napi_env env, napi_value exports);

}  // namespace mpquic
