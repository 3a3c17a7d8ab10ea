// AES-GCM, ChaCha20-Poly1305 and their masks by OpenSSL, in contexts that are used for every packet.
#include <openssl/evp.h>

#include <climits>

#include "packet-cipher.h"

namespace mpquic {

namespace {

constexpr Aead kAeads[kAeadCount] = {
    {"AES-128-GCM", "AES-128-ECB", 16, false},
    {"AES-256-GCM", "AES-256-ECB", 32, false},
    {"ChaCha20-Poly1305", "ChaCha20", 32, true},
};

struct Ciphers {
  EVP_CIPHER* aead[kAeadCount];
  EVP_CIPHER* mask[kAeadCount];
};

/// Looked up once: OpenSSL would do it anew for every context.
const Ciphers& ciphers() {
  static const Ciphers fetched = [] {
    Ciphers all;
    for (int i = 0; i < kAeadCount; i++) {
      all.aead[i] = EVP_CIPHER_fetch(nullptr, kAeads[i].cipherName, nullptr);
      all.mask[i] = EVP_CIPHER_fetch(nullptr, kAeads[i].maskCipherName, nullptr);
    }
    return all;
  }();
  return fetched;
}

int indexOf(const Aead& aead) { return static_cast<int>(&aead - kAeads); }

constexpr uint8_t kZeros[kIvLength] = {};

/// Frees an OpenSSL context, which wipes the key in it.
struct CipherContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherContextDeleter>;

class OpensslCipher : public PacketCipher {
 public:
  explicit OpensslCipher(CipherContext context) : context_(std::move(context)) {}

  bool seal(const uint8_t* nonce, const uint8_t* header, size_t headerLength, uint8_t* payload,
            size_t payloadLength) override {
    EVP_CIPHER_CTX* context = context_.get();
    int length = 0;
    if (payloadLength > INT_MAX || headerLength > INT_MAX) return false;
    return EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce) == 1 &&
           EVP_EncryptUpdate(context, nullptr, &length, header, static_cast<int>(headerLength)) == 1 &&
           EVP_EncryptUpdate(context, payload, &length, payload, static_cast<int>(payloadLength)) == 1 &&
           EVP_EncryptFinal_ex(context, payload + payloadLength, &length) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagLength, payload + payloadLength) == 1;
  }

  bool open(const uint8_t* nonce, const uint8_t* header, size_t headerLength, uint8_t* payload,
            size_t payloadLength) override {
    EVP_CIPHER_CTX* context = context_.get();
    uint8_t* tag = payload + payloadLength;
    int done = 0;
    if (payloadLength > INT_MAX || headerLength > INT_MAX) return false;
    return EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, nonce) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagLength, tag) == 1 &&
           EVP_DecryptUpdate(context, nullptr, &done, header, static_cast<int>(headerLength)) == 1 &&
           EVP_DecryptUpdate(context, payload, &done, payload, static_cast<int>(payloadLength)) == 1 &&
           EVP_DecryptFinal_ex(context, tag, &done) == 1;
  }

 private:
  CipherContext context_;
};

class OpensslMaskCipher : public MaskCipher {
 public:
  OpensslMaskCipher(CipherContext context, bool isChaCha) : context_(std::move(context)), isChaCha_(isChaCha) {}

  bool mask(const uint8_t* sample, uint8_t* mask) override {
    EVP_CIPHER_CTX* context = context_.get();
    int length = 0;
    if (!isChaCha_) return EVP_EncryptUpdate(context, mask, &length, sample, kSampleLength) == 1;
    // RFC 9001 §5.4.4: the sample is counter and nonce.
    return EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, sample) == 1 &&
           EVP_EncryptUpdate(context, mask, &length, kZeros, 5) == 1;
  }

 private:
  CipherContext context_;
  bool isChaCha_;
};

}  // namespace

const Aead& aeadOf(int index) { return kAeads[index]; }

std::unique_ptr<PacketCipher> createOpensslCipher(Direction direction, const Aead& aead, const uint8_t* key) {
  const EVP_CIPHER* cipher = ciphers().aead[indexOf(aead)];
  CipherContext context(EVP_CIPHER_CTX_new());
  if (cipher == nullptr || context == nullptr) return nullptr;
  int encrypts = direction == Direction::kSeal ? 1 : 0;
  if (EVP_CipherInit_ex(context.get(), cipher, nullptr, key, kZeros, encrypts) != 1) return nullptr;
  return std::make_unique<OpensslCipher>(std::move(context));
}

std::unique_ptr<MaskCipher> createOpensslMaskCipher(const Aead& aead, const uint8_t* key) {
  const EVP_CIPHER* cipher = ciphers().mask[indexOf(aead)];
  CipherContext context(EVP_CIPHER_CTX_new());
  if (cipher == nullptr || context == nullptr) return nullptr;
  if (EVP_EncryptInit_ex(context.get(), cipher, nullptr, key, nullptr) != 1) return nullptr;
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return std::make_unique<OpensslMaskCipher>(std::move(context), aead.isChaCha);
}

}  // namespace mpquic
