// One entry as it lies in the arena: this head, the digest (32 bytes, when has_digest), then hint,
// repository and reference end to end.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "harbor_router/store/mapping_store.hpp"
#include "store/entry_arena.hpp"

namespace harbor_router::store {

// small: mappings on trial. main: mappings that proved themselves. absent: negative entries.
enum class Queue : std::uint8_t { small, main, absent };
inline constexpr std::size_t queue_count = 3;

struct StoredEntry {
  std::uint64_t subject;      // the project; in a negative entry, whose answer it was
  std::uint64_t learnt : 40;  // milliseconds of the steady clock: 34 years
  std::uint64_t hits : 24;    // stops at the largest
  std::uint32_t hash;
  EntryIndex newer, older;  // neighbours in the queue
  std::uint8_t hint_length, repository_length, reference_length;
  std::uint8_t recent_hits : 2;  // S3-FIFO's counter, 0 to 3
  std::uint8_t queue_number : 2;
  std::uint8_t has_digest : 1;

  static constexpr std::uint64_t most_hits = (1U << 24U) - 1;
  static constexpr std::uint64_t latest = (1ULL << 40U) - 1;

  [[nodiscard]] Queue queue() const noexcept { return Queue{queue_number}; }
  [[nodiscard]] bool negative() const noexcept { return queue() == Queue::absent; }
  [[nodiscard]] std::uint64_t identity() const noexcept { return negative() ? subject : 0; }
  [[nodiscard]] std::size_t size() const noexcept {
    return key_offset() + hint_length + repository_length + reference_length;
  }

  [[nodiscard]] std::optional<Sha256> digest() const noexcept {
    if (has_digest == 0) return std::nullopt;
    Sha256 digest;
    std::memcpy(digest.data(), bytes() + sizeof(StoredEntry), digest.size());
    return digest;
  }
  void set_digest(const Sha256& digest) noexcept {  // only with has_digest
    std::memcpy(bytes() + sizeof(StoredEntry), digest.data(), digest.size());
  }

  [[nodiscard]] Key key() const noexcept {
    const char* at = bytes() + key_offset();
    const char* const repository = at + hint_length;
    return {.hint = {at, hint_length},
            .repository = {repository, repository_length},
            .reference = {repository + repository_length, reference_length},
            .identity = identity()};
  }
  void set_key(const Key& key) noexcept {  // only with the lengths set
    char* at = bytes() + key_offset();
    for (const std::string_view part : {key.hint, key.repository, key.reference}) {
      at += part.copy(at, part.size());
    }
  }

 private:
  [[nodiscard]] std::size_t key_offset() const noexcept {
    return sizeof(StoredEntry) + (has_digest != 0 ? std::tuple_size_v<Sha256> : 0);
  }
  [[nodiscard]] const char* bytes() const noexcept { return reinterpret_cast<const char*>(this); }
  [[nodiscard]] char* bytes() noexcept { return reinterpret_cast<char*>(this); }
};
static_assert(sizeof(StoredEntry) == 32);

[[nodiscard]] inline std::chrono::milliseconds age_of(const StoredEntry& entry,
                                                      std::uint64_t now) noexcept {
  return std::chrono::milliseconds(now > entry.learnt ? now - entry.learnt : 0);
}

[[nodiscard]] inline State state_of(const StoredEntry& entry, std::uint64_t now,
                                    const Settings& settings) noexcept {
  const auto age = age_of(entry, now);
  if (entry.negative()) return age < settings.negative_ttl ? State::negative : State::absent;
  if (age < settings.ttl) return State::fresh;
  return age - settings.ttl < settings.stale_window ? State::stale : State::absent;
}

}  // namespace harbor_router::store
