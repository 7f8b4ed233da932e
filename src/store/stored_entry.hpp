// One entry as it lies in memory: a head of four words, the key's texts (packed_key.hpp), and the
// digest, when there is one, in four more.
//
// The texts come first because a lookup knows how long they should be: where everything lies does
// not depend on what it has yet to read. How often the entry was asked for is in its slot
// (entry_slots.hpp). Changed under the shard's lock alone, word by word; who reads without it
// believes nothing before the shard's sequence has confirmed it.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "harbor_router/store/mapping_store.hpp"
#include "store/entry_memory.hpp"
#include "store/packed_key.hpp"
#include "store/sequence.hpp"

namespace harbor_router::store {

// small: mappings on trial. main: mappings that proved themselves. absent: negative entries.
enum class Queue : std::uint8_t { small, main, absent };
inline constexpr std::size_t queue_count = 3;

class StoredEntry {
 public:
  static constexpr std::uint64_t latest = (1ULL << 40U) - 1;
  static constexpr std::size_t head_words = 4;
  static constexpr std::size_t digest_words = sizeof(Sha256) / 8;
  static constexpr std::size_t most_words = head_words + PackedKey::most_words + digest_words;

  struct Neighbours {  // in the queue
    EntryIndex newer = 0, older = 0;
  };

  explicit StoredEntry(std::uint64_t* words) noexcept : words_(words) {}
  [[nodiscard]] static std::size_t words_for(const PackedKey& key, bool with_digest) noexcept {
    return head_words + key.word_count() + (with_digest ? digest_words : 0);
  }
  // Makes it one; its queue and neighbours are for the queue to set.
  void create(const PackedKey& key, std::uint32_t hash, std::uint64_t subject,
              const std::optional<Sha256>& digest) noexcept {
    store_word(words_[0], subject);
    store_word(words_[1], key.lengths() << 40U);
    store_word(words_[3], hash | (digest ? digest_flag : 0));
    key.store_texts(words_ + head_words);
    if (digest) set_digest(*digest);
  }

  // The project; in a negative entry, whose answer it was.
  [[nodiscard]] std::uint64_t subject() const noexcept { return load_word(words_[0]); }
  void set_subject(std::uint64_t subject) noexcept { store_word(words_[0], subject); }

  // Milliseconds of the steady clock, in 40 bits: 34 years.
  [[nodiscard]] std::uint64_t learnt() const noexcept { return load_word(words_[1]) & latest; }
  void set_learnt(std::uint64_t learnt) noexcept {
    store_word(words_[1], lengths() << 40U | (learnt & latest));
  }

  [[nodiscard]] Neighbours neighbours() const noexcept {
    return std::bit_cast<Neighbours>(load_word(words_[2]));
  }
  void set_neighbours(Neighbours neighbours) noexcept {
    store_word(words_[2], std::bit_cast<std::uint64_t>(neighbours));
  }

  [[nodiscard]] std::uint32_t hash() const noexcept {
    return static_cast<std::uint32_t>(load_word(words_[3]));
  }
  [[nodiscard]] Queue queue() const noexcept {
    return static_cast<Queue>(load_word(words_[3]) >> queue_shift & 3U);
  }
  void set_queue(Queue queue) noexcept {
    const std::uint64_t others = load_word(words_[3]) & ~(std::uint64_t{3} << queue_shift);
    store_word(words_[3], others | static_cast<std::uint64_t>(queue) << queue_shift);
  }
  [[nodiscard]] bool has_digest() const noexcept {
    return (load_word(words_[3]) & digest_flag) != 0;
  }
  [[nodiscard]] bool negative() const noexcept { return queue() == Queue::absent; }
  [[nodiscard]] std::uint64_t identity() const noexcept { return negative() ? subject() : 0; }

  void copy_digest(std::optional<Sha256>& to) const noexcept { copy_digest(to, digest_offset()); }
  // The same where the texts' length is known already.
  void copy_digest(std::optional<Sha256>& to, std::size_t offset) const noexcept {
    if (!has_digest()) return to.reset();
    const std::uint64_t* const from = words_ + offset;
    std::uint8_t* const at = to.emplace().data();
#pragma GCC unroll 4
    for (std::size_t i = 0; i < digest_words; ++i) {
      const std::uint64_t word = load_word(from[i]);
      std::memcpy(at + i * sizeof word, &word, sizeof word);
    }
  }
  void set_digest(const Sha256& digest) noexcept {  // only with has_digest
    const auto words = std::bit_cast<std::array<std::uint64_t, digest_words>>(digest);
    for (std::size_t i = 0; i < digest_words; ++i)
      store_word(words_[digest_offset() + i], words[i]);
  }

  [[nodiscard]] bool is(const PackedKey& key, std::uint64_t identity) const noexcept {
    return lengths() == key.lengths() && key.has_texts(words_ + head_words) &&
           this->identity() == identity;
  }
  [[nodiscard]] Key key() const noexcept {  // under the lock, or of a copy
    const char* const hint = reinterpret_cast<const char*>(words_ + head_words);
    const std::size_t hint_length = lengths() & 0xFF, repository_length = lengths() >> 8U & 0xFF;
    const char* const repository = hint + hint_length;
    return {.hint = {hint, hint_length},
            .repository = {repository, repository_length},
            .reference = {repository + repository_length, lengths() >> 16U},
            .identity = identity()};
  }

  [[nodiscard]] std::size_t words() const noexcept {
    return digest_offset() + (has_digest() ? digest_words : 0);
  }
  [[nodiscard]] std::uint64_t word(std::size_t number) const noexcept {
    return words_[number];
  }

 private:
  static constexpr std::uint64_t digest_flag = 1ULL << 32U;
  static constexpr unsigned queue_shift = 33;

  [[nodiscard]] std::uint64_t lengths() const noexcept {
    return load_word(words_[1]) >> 40U;
  }
  [[nodiscard]] std::size_t digest_offset() const noexcept {
    return head_words + PackedKey::words_of(lengths());
  }

  std::uint64_t* words_;
};

[[nodiscard]] inline std::chrono::milliseconds age_of(const StoredEntry& entry,
                                                      std::uint64_t now) noexcept {
  const std::uint64_t learnt = entry.learnt();
  return std::chrono::milliseconds(now > learnt ? now - learnt : 0);
}

[[nodiscard]] inline State state_of(const StoredEntry& entry, std::uint64_t now,
                                    const Settings& settings) noexcept {
  const auto age = age_of(entry, now);
  if (entry.negative()) return age < settings.negative_ttl ? State::negative : State::absent;
  if (age < settings.ttl) return State::fresh;
  const auto past = age - settings.ttl;
  if (past < settings.stale_window) return State::stale;
  return past - settings.stale_window < settings.lapsed_window ? State::lapsed : State::absent;
}

}  // namespace harbor_router::store
