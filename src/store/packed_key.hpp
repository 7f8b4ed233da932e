// A key as the store works with it: its texts end to end in whole words, the last one filled up
// with zeros, so that they are compared and stored word by word; and its hash.
//
// The hash is taken of the texts themselves: words just written byte by byte are slow to read back,
// and before they are compared there is time enough. The grammar of names keeps texts shorter than
// `longest_part`; a longer one makes a key that equals none and is not remembered.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "harbor_router/store/mapping_store.hpp"
#include "store/key_hash.hpp"
#include "store/sequence.hpp"

namespace harbor_router::store {

class PackedKey {
 public:
  static constexpr std::size_t longest_part = 255;
  static constexpr std::size_t most_words = (3 * longest_part + 7) / 8;

  [[nodiscard]] static std::size_t words_of(std::uint64_t lengths) noexcept {
    return ((lengths & 0xFF) + (lengths >> 8U & 0xFF) + (lengths >> 16U & 0xFF) + 7) / 8;
  }

  explicit PackedKey(const Key& key) noexcept : identity_(key.identity), hash_(hash_of(key)) {
    const std::size_t hint = key.hint.size(), repository = key.repository.size(),
                      reference = key.reference.size();
    if ((hint | repository | reference) > longest_part) return;
    lengths_ = hint | repository << 8U | reference << 16U;
    count_ = words_of(lengths_);
    if (count_ > 0) words_[count_ - 1] = 0;
    char* at = reinterpret_cast<char*>(words_.data());
    at = append(at, key.hint);
    at = append(at, key.repository);
    append(at, key.reference);
  }

  [[nodiscard]] bool is_storable() const noexcept { return lengths_ != too_long; }
  [[nodiscard]] std::uint64_t identity() const noexcept { return identity_; }
  [[nodiscard]] const KeyHash& hash() const noexcept { return hash_; }
  // Of the hint in the lowest 8 bits, then repository and reference: 24 bits.
  [[nodiscard]] std::uint64_t lengths() const noexcept { return lengths_; }
  [[nodiscard]] std::size_t word_count() const noexcept { return count_; }

  [[nodiscard]] bool has_texts(const std::uint64_t* words) const noexcept {
    std::uint64_t different = 0;
    for (std::size_t i = 0; i < count_; ++i) different |= load_word(words[i]) ^ words_[i];
    return different == 0;
  }
  void store_texts(std::uint64_t* words) const noexcept {
    for (std::size_t i = 0; i < count_; ++i) store_word(words[i], words_[i]);
  }

 private:
  static constexpr std::uint64_t too_long = ~std::uint64_t{0};  // no entry has such lengths

  template <class Word>
  static void copy(char* to, const char* from) noexcept {
    std::memcpy(to, from, sizeof(Word));
  }
  // Names are short: a call of memcpy would cost more than the copying.
  static char* append(char* to, std::string_view text) noexcept {
    const char* const from = text.data();
    const std::size_t size = text.size();
    if (size >= 8) {
      for (std::size_t at = 0; at + 8 < size; at += 8) copy<std::uint64_t>(to + at, from + at);
      copy<std::uint64_t>(to + size - 8, from + size - 8);
    } else if (size >= 4) {
      copy<std::uint32_t>(to, from);
      copy<std::uint32_t>(to + size - 4, from + size - 4);
    } else {
      for (std::size_t at = 0; at < size; ++at) to[at] = from[at];
    }
    return to + size;
  }

  std::uint64_t identity_;
  std::uint64_t lengths_ = too_long;
  std::size_t count_ = 0;
  KeyHash hash_;
  std::array<std::uint64_t, most_words> words_;  // set as far as count_
};

}  // namespace harbor_router::store
