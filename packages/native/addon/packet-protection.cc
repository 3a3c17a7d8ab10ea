#include "packet-protection.h"

#include <openssl/crypto.h>

#include <cstring>

namespace mpquic {

PacketProtection::PacketProtection(Direction direction, const Aead& aead, const uint8_t* iv)
    : direction_(direction), aead_(aead) {
  memcpy(iv_, iv, kIvLength);
}

PacketProtection::~PacketProtection() { OPENSSL_cleanse(iv_, sizeof iv_); }

void PacketProtection::nonce(uint32_t pathId, uint64_t packetNumber, uint8_t* into) const {
  memcpy(into, iv_, kIvLength);
  for (int i = 0; i < 4; i++) into[i] ^= static_cast<uint8_t>(pathId >> (24 - 8 * i));
  for (int i = 0; i < 8; i++) into[4 + i] ^= static_cast<uint8_t>(packetNumber >> (56 - 8 * i));
}

std::unique_ptr<PacketProtection> createPacketProtection(Direction direction, const Aead& aead, const uint8_t* key,
                                                         const uint8_t* iv, const uint8_t* headerProtectionKey) {
  auto create = !aead.isChaCha && vaesGcmInUse() ? createVaesProtection : createOpensslProtection;
  return create(direction, aead, key, iv, headerProtectionKey);
}

}  // namespace mpquic
