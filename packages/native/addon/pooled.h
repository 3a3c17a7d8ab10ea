// Memory of objects that come and go with every connection.
#pragma once
#include <cstddef>
#include <new>

namespace mpquic {

/// `T : Pooled<T>` is made in memory of an object of its type that the thread has deleted before, where there is one.
/// Destructors run as ever, and wipe what has to be.
template <class T>
class Pooled {
 public:
  static void* operator new(size_t size) {
    FreeList& list = freeList();
    if (list.first == nullptr) return ::operator new(size, kAlignment);
    Node* taken = list.first;
    list.first = taken->next;
    list.count -= 1;
    return taken;
  }

  static void operator delete(void* memory) {
    FreeList& list = freeList();
    if (list.count >= kMostKept) {
      ::operator delete(memory, kAlignment);
      return;
    }
    list.first = new (memory) Node{list.first};
    list.count += 1;
  }

 private:
  struct Node {
    Node* next;
  };

  struct FreeList {
    Node* first = nullptr;
    size_t count = 0;

    ~FreeList() {
      while (first != nullptr) {
        Node* next = first->next;
        ::operator delete(first, kAlignment);
        first = next;
      }
    }
  };

  /// Of a line of the cache, and of the widest registers.
  static constexpr std::align_val_t kAlignment{64};
#if defined(__SANITIZE_ADDRESS__)
  /// What is used after it was deleted must be seen.
  static constexpr size_t kMostKept = 0;
#else
  static constexpr size_t kMostKept = 4096;
#endif

  static FreeList& freeList() {
    thread_local FreeList list;
    return list;
  }
};

}  // namespace mpquic
