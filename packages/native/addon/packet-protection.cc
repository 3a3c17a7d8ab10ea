#include "packet-protection.h"

#include <openssl/crypto.h>

#include <climits>
#include <cstring>

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

constexpr uint8_t kZeros[5] = {};

}  // namespace

const Aead& aeadOf(int index) { return kAeads[index]; }

std::shared_ptr<HeaderProtection> HeaderProtection::create(const Aead& aead, const uint8_t* key) {
  const EVP_CIPHER* cipher = ciphers().mask[indexOf(aead)];
  auto made = std::make_shared<HeaderProtection>();
  made->cipher_.reset(EVP_CIPHER_CTX_new());
  made->isChaCha_ = aead.isChaCha;
  EVP_CIPHER_CTX* context = made->cipher_.get();
  if (cipher == nullptr || context == nullptr) return nullptr;
  if (EVP_EncryptInit_ex(context, cipher, nullptr, key, nullptr) != 1) return nullptr;
  EVP_CIPHER_CTX_set_padding(context, 0);
  return made;
}

bool HeaderProtection::mask(const uint8_t* sample, uint8_t* mask) {
  EVP_CIPHER_CTX* context = cipher_.get();
  int length = 0;
  if (!isChaCha_) return EVP_EncryptUpdate(context, mask, &length, sample, kSampleLength) == 1;
  // RFC 9001 §5.4.4: the sample is counter and nonce.
  return EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, sample) == 1 &&
         EVP_EncryptUpdate(context, mask, &length, kZeros, sizeof kZeros) == 1;
}

std::unique_ptr<PacketProtection> PacketProtection::create(
    Direction direction, const Aead& aead, const uint8_t* key, const uint8_t* iv,
    std::shared_ptr<HeaderProtection> headerProtection) {
  const EVP_CIPHER* cipher = ciphers().aead[indexOf(aead)];
  std::unique_ptr<PacketProtection> made(new PacketProtection());
  made->cipher_.reset(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* context = made->cipher_.get();
  if (cipher == nullptr || context == nullptr || headerProtection == nullptr) return nullptr;
  int encrypts = direction == Direction::kSeal ? 1 : 0;
  if (EVP_CipherInit_ex(context, cipher, nullptr, key, iv, encrypts) != 1) return nullptr;
  made->direction_ = direction;
  made->headerProtection_ = std::move(headerProtection);
  memcpy(made->iv_, iv, kIvLength);
  return made;
}

PacketProtection::~PacketProtection() { OPENSSL_cleanse(iv_, sizeof iv_); }

bool PacketProtection::seal(uint8_t* packet, size_t headerLength, size_t packetNumberLength,
                            size_t payloadLength, uint32_t pathId, uint64_t packetNumber) {
  EVP_CIPHER_CTX* context = cipher_.get();
  uint8_t iv[kIvLength];
  uint8_t mask[kSampleLength];
  uint8_t* payload = packet + headerLength;
  int length = 0;
  if (payloadLength > INT_MAX || headerLength > INT_MAX) return false;
  nonce(pathId, packetNumber, iv);
  bool sealed =
      EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, iv) == 1 &&
      EVP_EncryptUpdate(context, nullptr, &length, packet, static_cast<int>(headerLength)) == 1 &&
      EVP_EncryptUpdate(context, payload, &length, payload, static_cast<int>(payloadLength)) == 1 &&
      EVP_EncryptFinal_ex(context, payload + payloadLength, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagLength, payload + payloadLength) == 1;
  if (!sealed) return false;

  uint8_t* packetNumberStart = payload - packetNumberLength;
  // RFC 9001 §5.4.2: the sample lies as if the packet number took 4 octets.
  if (!headerProtection_->mask(packetNumberStart + 4, mask)) return false;
  packet[0] ^= mask[0] & ((packet[0] & 0x80) ? 0x0f : 0x1f);
  for (size_t i = 0; i < packetNumberLength; i++) packetNumberStart[i] ^= mask[1 + i];
  return true;
}

bool PacketProtection::unmask(uint8_t* packet, size_t packetNumberOffset) {
  uint8_t mask[kSampleLength];
  uint8_t* packetNumber = packet + packetNumberOffset;
  if (!headerProtection_->mask(packetNumber + 4, mask)) return false;
  packet[0] ^= mask[0] & ((packet[0] & 0x80) ? 0x0f : 0x1f);
  size_t length = (packet[0] & 0x03) + 1;
  for (size_t i = 0; i < length; i++) packetNumber[i] ^= mask[1 + i];
  return true;
}

bool PacketProtection::open(uint8_t* packet, size_t headerLength, size_t length, uint32_t pathId,
                            uint64_t packetNumber) {
  EVP_CIPHER_CTX* context = cipher_.get();
  uint8_t iv[kIvLength];
  uint8_t* payload = packet + headerLength;
  size_t payloadLength = length - headerLength - kTagLength;
  uint8_t* tag = payload + payloadLength;
  int done = 0;
  if (payloadLength > INT_MAX || headerLength > INT_MAX) return false;
  nonce(pathId, packetNumber, iv);
  return EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, iv) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagLength, tag) == 1 &&
         EVP_DecryptUpdate(context, nullptr, &done, packet, static_cast<int>(headerLength)) == 1 &&
         EVP_DecryptUpdate(context, payload, &done, payload, static_cast<int>(payloadLength)) == 1 &&
         EVP_DecryptFinal_ex(context, tag, &done) == 1;
}

void PacketProtection::nonce(uint32_t pathId, uint64_t packetNumber, uint8_t* into) const {
  memcpy(into, iv_, kIvLength);
  for (int i = 0; i < 4; i++) into[i] ^= static_cast<uint8_t>(pathId >> (24 - 8 * i));
  for (int i = 0; i < 8; i++) into[4 + i] ^= static_cast<uint8_t>(packetNumber >> (56 - 8 * i));
}

}  // namespace mpquic
