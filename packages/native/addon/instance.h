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
  ReceiveWorkspace receiveWorkspace;
};

/// Octets of the memory that JavaScript hands in for small inputs and outputs.
constexpr size_t kScratchLength = 4096;

Instance& instanceOf(napi_env env);

/// Argument `index` as that memory. nullptr, with an exception, where there is less.
uint8_t* scratch(Arguments& arguments, size_t index);

/// The functions of each subject, as properties of the addon's exports.
bool defineCryptoFunctions(napi_env env, napi_value exports);
bool defineKeyScheduleFunctions(napi_env env, napi_value exports);
bool defineSocketFunctions(napi_env env, napi_value exports);
bool defineTunFunctions(napi_env env, napi_value exports);
bool defineFunction(napi_env env, napi_value exports, const char* name, napi_callback function);

}  // namespace mpquic
