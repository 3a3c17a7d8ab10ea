// Native objects as JavaScript holds them: by number.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

namespace mpquic {

/// Hands out numbers for objects. A number is never used twice, so one that outlives its object finds nothing.
template <class T>
class HandleTable {
 public:
  static constexpr double kNone = 0;

  /// kNone where the table is full.
  double add(std::unique_ptr<T> object) {
    uint32_t index;
    if (free_.empty()) {
      if (slots_.size() >= kCapacity) return kNone;
      index = static_cast<uint32_t>(slots_.size());
      slots_.push_back({nullptr, 0});
    } else {
      index = free_.back();
      free_.pop_back();
    }
    Slot& slot = slots_[index];
    slot.generation += 1;
    slot.object = std::move(object);
    return static_cast<double>(slot.generation) * kCapacity + index;
  }

  /// The object, or nullptr where `handle` is not, or not any more, the number of one.
  T* find(int64_t handle) {
    size_t index = static_cast<size_t>(handle % kCapacity);
    if (handle <= 0 || index >= slots_.size()) return nullptr;
    Slot& slot = slots_[index];
    return slot.generation == static_cast<uint64_t>(handle / kCapacity) ? slot.object.get() : nullptr;
  }

  /// Takes the object out; nullptr as `find`.
  std::unique_ptr<T> remove(int64_t handle) {
    if (find(handle) == nullptr) return nullptr;
    uint32_t index = static_cast<uint32_t>(handle % kCapacity);
    // A slot whose generations are used up is left empty for good.
    if (slots_[index].generation < kLastGeneration) free_.push_back(index);
    return std::move(slots_[index].object);
  }

  size_t size() const { return slots_.size() - free_.size(); }

 private:
  struct Slot {
    std::unique_ptr<T> object;
    uint64_t generation;
  };

  static constexpr int64_t kCapacity = 1 << 21;
  static constexpr uint64_t kLastGeneration = (1u << 31) - 1;

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
};

}  // namespace mpquic
