// Arguments that the functions of cryptography have in common. Each checks as `Arguments` does; pointers are nullptr where a
// check has failed.
#pragma once
#include "arguments.h"
#include "packet-protection.h"

namespace mpquic {

Direction directionAt(Arguments& arguments, size_t index);
int hashAt(Arguments& arguments, size_t index);
const Aead& aeadAt(Arguments& arguments, size_t index);
/// Keys by their handle, of the direction that is meant.
PacketProtection* keysAt(Arguments& arguments, size_t index, Direction direction);
/// Memory through which small inputs and outputs go: at least kScratchLength octets.
uint8_t* scratchAt(Arguments& arguments, size_t index);

}  // namespace mpquic
