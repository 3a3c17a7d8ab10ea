// Key pairs by OpenSSL: P-256, and X25519 where the addon's own is not in use.
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <cstring>

#include "key-share.h"

namespace mpquic {

namespace {

constexpr size_t kP256Length = 65;
constexpr uint8_t kUncompressed = 4;

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct KeyContextDeleter {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, KeyContextDeleter>;

class OpensslKeyShare : public KeyShare {
 public:
  OpensslKeyShare(Group group, Key key) : group_(group), key_(std::move(key)) {}

  bool agree(const uint8_t* peer, size_t peerLength, uint8_t* into) const override {
    Key peerKey = importPeer(peer, peerLength);
    KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
    size_t length = kSharedSecretLength;
    // Importing has checked that a point is on its curve; with cofactor 1 the costly check of its order adds nothing.
    bool agreed = peerKey != nullptr && context != nullptr && EVP_PKEY_derive_init(context.get()) == 1 &&
                  EVP_PKEY_derive_set_peer_ex(context.get(), peerKey.get(), 0) == 1 &&
                  EVP_PKEY_derive(context.get(), into, &length) == 1 && length == kSharedSecretLength;
    ERR_clear_error();
    return agreed && isSharedSecret(into);
  }

 private:
  Key importPeer(const uint8_t* peer, size_t peerLength) const {
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

  Group group_;
  Key key_;
};

bool writePublicKey(Group group, EVP_PKEY* key, uint8_t* into) {
  if (group == Group::kX25519) {
    size_t length = kX25519Length;
    return EVP_PKEY_get_raw_public_key(key, into, &length) == 1 && length == kX25519Length;
  }
  uint8_t* encoded = nullptr;
  size_t length = EVP_PKEY_get1_encoded_public_key(key, &encoded);
  if (length == kP256Length) memcpy(into, encoded, length);
  OPENSSL_free(encoded);
  return length == kP256Length;
}

}  // namespace

std::unique_ptr<KeyShare> createOpensslKeyShare(Group group, uint8_t* publicKey) {
  const char* type = group == Group::kX25519 ? "X25519" : "EC";
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1) return nullptr;
  if (group == Group::kP256 &&
      EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1) != 1) {
    return nullptr;
  }
  if (EVP_PKEY_keygen(context.get(), &made) != 1) return nullptr;
  Key key(made);
  if (!writePublicKey(group, key.get(), publicKey)) return nullptr;
  return std::make_unique<OpensslKeyShare>(group, std::move(key));
}

}  // namespace mpquic
