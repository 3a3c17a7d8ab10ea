#include "key-share.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include <cstring>

namespace mpquic {

namespace {

constexpr size_t kX25519Length = 32;
constexpr size_t kP256Length = 65;
constexpr uint8_t kUncompressed = 4;

}  // namespace

std::unique_ptr<KeyShare> KeyShare::generate(Group group) {
  std::unique_ptr<KeyShare> share(new KeyShare());
  const char* type = group == Group::kX25519 ? "X25519" : "EC";
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1) return nullptr;
  if (group == Group::kP256 &&
      EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1) != 1) {
    return nullptr;
  }
  if (EVP_PKEY_keygen(context.get(), &key) != 1) return nullptr;
  share->group_ = group;
  share->key_.reset(key);
  return share;
}

size_t KeyShare::publicKey(uint8_t* into) const {
  size_t length = kLongestShare;
  if (group_ == Group::kX25519) {
    return EVP_PKEY_get_raw_public_key(key_.get(), into, &length) == 1 ? length : 0;
  }
  uint8_t* encoded = nullptr;
  length = EVP_PKEY_get1_encoded_public_key(key_.get(), &encoded);
  if (length == kP256Length) memcpy(into, encoded, length);
  OPENSSL_free(encoded);
  return length == kP256Length ? length : 0;
}

bool KeyShare::agree(const uint8_t* peer, size_t peerLength, uint8_t* into) const {
  Key peerKey = importPeer(peer, peerLength);
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
  size_t length = kSharedSecretLength;
  // Importing has checked that a point is on its curve; with cofactor 1 the costly check of its order adds nothing.
  bool agreed = peerKey != nullptr && context != nullptr && EVP_PKEY_derive_init(context.get()) == 1 &&
                EVP_PKEY_derive_set_peer_ex(context.get(), peerKey.get(), 0) == 1 &&
                EVP_PKEY_derive(context.get(), into, &length) == 1 && length == kSharedSecretLength;
  ERR_clear_error();
  if (!agreed) return false;
  // RFC 9846 §7.4.2: the all-zero value MUST be refused.
  uint8_t any = 0;
  for (size_t i = 0; i < length; i++) any |= into[i];
  return any != 0;
}

KeyShare::Key KeyShare::importPeer(const uint8_t* peer, size_t peerLength) const {
  if (group_ == Group::kX25519) {
    if (peerLength != kX25519Length) return nullptr;
    return Key(EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, peer, peerLength));
  }
  // Only the uncompressed form is legal; OpenSSL would take others too. RFC 9846 §4.3.8.2
  if (peerLength != kP256Length || peer[0] != kUncompressed) return nullptr;
  Key key(EVP_PKEY_new());
  bool imported = key != nullptr && EVP_PKEY_copy_parameters(key.get(), key_.get()) == 1 &&
                  EVP_PKEY_set1_encoded_public_key(key.get(), peer, peerLength) == 1;
  return imported ? std::move(key) : nullptr;
}

}  // namespace mpquic
