// One record of the log: as the caller's views, and as bytes in a ByteRing.
//
// Bytes: the head, a 16-bit length for each text, the texts end to end, padding to eight bytes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "harbor_router/observe/log.hpp"
#include "observe/byte_ring.hpp"

namespace harbor_router::observe {

struct LogRecord {
  enum class Kind : std::uint8_t { message, access };
  // Of an access record; a message has its text first, then names and values of its fields.
  enum AccessText : std::size_t { method, path, project, cache, client, request_id };
  static constexpr std::size_t most_texts = 1 + 2 * 16;
  static constexpr std::size_t longest_message_text = 1024;
  static constexpr std::size_t longest_access_text = 256;

  struct Head {
    std::uint32_t size = 0;
    Kind kind = Kind::message;
    Level level = Level::info;
    std::int64_t time = 0;      // milliseconds since 1970
    std::int64_t duration = 0;  // nanoseconds
    std::uint64_t bytes = 0;
    std::int32_t status = 0;
    std::uint32_t text_count = 0;
  };

  Head head;
  std::array<std::string_view, most_texts> texts;

  void add(std::string_view text, std::size_t longest) {
    texts[head.text_count++] = text.substr(0, longest);
  }

  // False when the ring is full.
  [[nodiscard]] bool put_into(ByteRing& ring) noexcept {
    std::array<std::uint16_t, most_texts> lengths;
    std::size_t size = sizeof head + head.text_count * sizeof(std::uint16_t);
    for (std::size_t i = 0; i < head.text_count; ++i) {
      lengths[i] = static_cast<std::uint16_t>(texts[i].size());
      size += texts[i].size();
    }
    size = (size + 7) / 8 * 8;
    std::byte* at = ring.reserve(size);
    if (at == nullptr) return false;
    head.size = static_cast<std::uint32_t>(size);
    const auto put = [&at](const void* from, std::size_t length) {
      std::memcpy(at, from, length);
      at += length;
    };
    put(&head, sizeof head);
    put(lengths.data(), head.text_count * sizeof lengths[0]);
    for (std::size_t i = 0; i < head.text_count; ++i) {
      if (!texts[i].empty()) put(texts[i].data(), texts[i].size());
    }
    ring.publish(size);
    return true;
  }

  // Views into the ring's memory.
  [[nodiscard]] static LogRecord from(const std::byte* bytes) noexcept {
    LogRecord record;
    std::memcpy(&record.head, bytes, sizeof record.head);
    const std::byte* lengths = bytes + sizeof record.head;
    const auto* text =
        reinterpret_cast<const char*>(lengths + record.head.text_count * sizeof(std::uint16_t));
    for (std::size_t i = 0; i < record.head.text_count; ++i) {
      std::uint16_t length = 0;
      std::memcpy(&length, lengths + i * sizeof length, sizeof length);
      record.texts[i] = {text, length};
      text += length;
    }
    return record;
  }
};

}  // namespace harbor_router::observe
