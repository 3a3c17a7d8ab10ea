// Key pairs of the X25519 of this addon.
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstring>

#include "key-share.h"

namespace mpquic {

namespace {

class X25519KeyShare : public KeyShare {
 public:
  explicit X25519KeyShare(const uint8_t* privateKey) { memcpy(private_, privateKey, sizeof private_); }
  ~X25519KeyShare() override { OPENSSL_cleanse(private_, sizeof private_); }

  bool agree(const uint8_t* peer, size_t peerLength, uint8_t* into) const override {
    if (peerLength != kX25519Length) return false;
    x25519(private_, peer, into);
    return isSharedSecret(into);
  }

 private:
  uint8_t private_[kX25519Length];
};

}  // namespace

bool isSharedSecret(const uint8_t* secret) {
  uint8_t any = 0;
  for (size_t i = 0; i < kSharedSecretLength; i++) any |= secret[i];
  return any != 0;
}

X25519KeyPairs::~X25519KeyPairs() { OPENSSL_cleanse(private_, sizeof private_); }

std::unique_ptr<KeyShare> X25519KeyPairs::take(uint8_t* publicKey) {
  if (waiting_ == 0) {
    if (RAND_priv_bytes(&private_[0][0], sizeof private_) != 1) return nullptr;
    x25519PublicKeys(private_, public_);
    waiting_ = kX25519Batch;
  }
  waiting_ -= 1;
  auto share = std::make_unique<X25519KeyShare>(private_[waiting_]);
  OPENSSL_cleanse(private_[waiting_], kX25519Length);
  memcpy(publicKey, public_[waiting_], kX25519Length);
  return share;
}

}  // namespace mpquic
