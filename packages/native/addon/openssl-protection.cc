// Packet protection by OpenSSL, in contexts that are used for every packet.
#include <openssl/evp.h>

#include <climits>
#include <memory>

#include "protection-by.h"

namespace mpquic {

namespace {

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

/// nullptr where OpenSSL refuses.
CipherContext createContext(const EVP_CIPHER* cipher, const uint8_t* key, const uint8_t* iv, Direction direction) {
  CipherContext context(EVP_CIPHER_CTX_new());
  int encrypts = direction == Direction::kSeal ? 1 : 0;
  bool isReady = cipher != nullptr && context != nullptr &&
                 EVP_CipherInit_ex(context.get(), cipher, nullptr, key, iv, encrypts) == 1;
  return isReady ? std::move(context) : nullptr;
}

class OpensslCipher {
 public:
  OpensslCipher(Direction direction, const Aead& aead, const uint8_t* key)
      : context_(createContext(ciphers().aead[indexOf(aead)], key, kZeros, direction)) {}

  bool isUsable() const { return context_ != nullptr; }

  bool seal(const uint8_t* nonce, const uint8_t* header, size_t headerLength, uint8_t* payload,
            size_t payloadLength) {
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
            size_t payloadLength) {
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

/// Copies share a context: each use of it is complete in itself.
class OpensslMask {
 public:
  OpensslMask(const Aead& aead, const uint8_t* key)
      : context_(createContext(ciphers().mask[indexOf(aead)], key, nullptr, Direction::kSeal)),
        isChaCha_(aead.isChaCha) {
    if (context_ != nullptr) EVP_CIPHER_CTX_set_padding(context_.get(), 0);
  }

  bool isUsable() const { return context_ != nullptr; }

  bool mask(const uint8_t* sample, uint8_t* mask) {
    EVP_CIPHER_CTX* context = context_.get();
    int length = 0;
    if (!isChaCha_) return EVP_EncryptUpdate(context, mask, &length, sample, kSampleLength) == 1;
    // RFC 9001 §5.4.4: the sample is counter and nonce.
    return EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, sample) == 1 &&
           EVP_EncryptUpdate(context, mask, &length, kZeros, 5) == 1;
  }

 private:
  std::shared_ptr<EVP_CIPHER_CTX> context_;
  bool isChaCha_;
};

}  // namespace

std::unique_ptr<PacketProtection> createOpensslProtection(Direction direction, const Aead& aead, const uint8_t* key,
                                                          const uint8_t* iv, const uint8_t* headerProtectionKey) {
  using Protection = ProtectionBy<OpensslCipher, OpensslMask>;
  return Protection::create(direction, aead, key, iv, OpensslMask(aead, headerProtectionKey));
}

}  // namespace mpquic
