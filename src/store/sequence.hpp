// What lets lookups read words that one writer changes meanwhile, without writing anything.
//
// The writer makes the number odd, changes words by store_word(), and makes it even again. A reader
// takes an even number, reads words by load_word(), and believes them if the number is the same
// afterwards. That is enough because store_word() releases and load_word() acquires:
// - whoever has read a word of a later change has seen that change's odd number before he looks at
//   the number again, so he does not believe it;
// - whoever took an even number sees everything that was written before it, so nothing older.
// Every word is read and written as an atomic object, so that no read is a data race, and no fence
// is needed, which ThreadSanitizer would not know. 64 bits do not come round while somebody reads.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

namespace harbor_router::store {

template <class Word>
[[nodiscard]] Word load_word(const Word& word) noexcept {
  // The reference only reads; in C++20 there is none to a const object.
  return std::atomic_ref(const_cast<Word&>(word)).load(std::memory_order_acquire);
}

template <class Word>
void store_word(Word& word, std::type_identity_t<Word> value) noexcept {
  std::atomic_ref(word).store(value, std::memory_order_release);
}

class Sequence {
 public:
  [[nodiscard]] std::uint64_t number() const noexcept { return load_word(number_); }
  [[nodiscard]] bool is_still(std::uint64_t taken) const noexcept {
    return taken % 2 == 0 && number(std::memory_order_relaxed) == taken;
  }

  // While it lives, words change. One at a time: the writers' lock sees to that.
  class Writing {
   public:
    explicit Writing(Sequence& sequence) noexcept : sequence_(sequence) { step(); }
    ~Writing() { step(); }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;

   private:
    void step() noexcept {
      store_word(sequence_.number_, sequence_.number(std::memory_order_relaxed) + 1);
    }
    Sequence& sequence_;
  };

 private:
  [[nodiscard]] std::uint64_t number(std::memory_order order) const noexcept {
    return std::atomic_ref(const_cast<std::uint64_t&>(number_)).load(order);
  }
  std::uint64_t number_ = 0;
};

}  // namespace harbor_router::store
