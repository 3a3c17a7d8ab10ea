#include "crypto-arguments.h"

#include "hmac.h"
#include "instance.h"

namespace mpquic {

Direction directionAt(Arguments& arguments, size_t index) {
  return arguments.integer(index, 0, 1) == 0 ? Direction::kSeal : Direction::kOpen;
}

int hashAt(Arguments& arguments, size_t index) {
  return static_cast<int>(arguments.integer(index, 0, kHashCount - 1));
}

const Aead& aeadAt(Arguments& arguments, size_t index) {
  return kAeads[arguments.integer(index, 0, kAeadCount - 1)];
}

PacketProtection* keysAt(Arguments& arguments, size_t index, Direction direction) {
  int64_t handle = arguments.handle(index);
  if (!arguments.ok()) return nullptr;
  PacketProtection* found = instanceOf(arguments.env()).packetProtections.find(handle);
  arguments.require(found != nullptr && found->direction() == direction, "keys that are not, or no longer, there");
  return arguments.ok() ? found : nullptr;
}

uint8_t* scratchAt(Arguments& arguments, size_t index) {
  Bytes memory = arguments.bytes(index);
  arguments.require(memory.length >= kScratchLength, "too little scratch memory");
  return arguments.ok() ? memory.data : nullptr;
}

}  // namespace mpquic
