// Key pairs by OpenSSL: P-256, and X25519 where the addon's own is not in use.
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

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

/// What OpenSSL would look up by name for every key pair, and every peer's share, is looked up once in each thread.
struct Contexts {
  KeyContext generate[kGroupCount] = {generating("X25519"), generating("EC")};
  KeyContext import = importing("X25519");

  /// Any of these is nullptr where OpenSSL refuses.
  static KeyContext generating(const char* type) {
    KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    bool isReady = context != nullptr && EVP_PKEY_keygen_init(context.get()) == 1 &&
                   (strcmp(type, "EC") != 0 ||
                    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1) == 1);
    return isReady ? std::move(context) : nullptr;
  }

  static KeyContext importing(const char* type) {
    KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    bool isReady = context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1;
    return isReady ? std::move(context) : nullptr;
  }
};

Contexts& contexts() {
  thread_local Contexts all;
  return all;
}

Key importX25519(const uint8_t* octets) {
  EVP_PKEY_CTX* context = contexts().import.get();
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<uint8_t*>(octets), kX25519Length),
      OSSL_PARAM_construct_end(),
  };
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) return nullptr;
  return Key(key);
}

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
      return peerLength == kX25519Length ? importX25519(peer) : nullptr;
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
  EVP_PKEY_CTX* context = contexts().generate[static_cast<int>(group)].get();
  EVP_PKEY* made = nullptr;
  if (context == nullptr || EVP_PKEY_keygen(context, &made) != 1) return nullptr;
  Key key(made);
  if (!writePublicKey(group, key.get(), publicKey)) return nullptr;
  return std::make_unique<OpensslKeyShare>(group, std::move(key));
}

}  // namespace mpquic
