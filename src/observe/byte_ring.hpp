// A bounded ring of records between one producing and one consuming thread; neither ever waits.
//
// Invariants: a record starts with its own size (32 bits, a multiple of eight, at least eight) and
// lies in one piece; a size of zero means "go on at the start". Positions only grow.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

namespace harbor_router::observe {

class ByteRing {
 public:
  static constexpr std::size_t capacity = std::size_t{512} * 1024;

  // Producer: room for a record of this size, or null when the ring is full. The record becomes
  // visible by publish(size).
  [[nodiscard]] std::byte* reserve(std::size_t size) noexcept {
    const std::size_t offset = written_ % capacity;
    const std::size_t to_end = capacity - offset;
    const std::size_t skipped = size > to_end ? to_end : 0;
    if (capacity - (written_ - read_seen_) < skipped + size) {
      read_seen_ = read_.load(std::memory_order_acquire);
      if (capacity - (written_ - read_seen_) < skipped + size) return nullptr;
    }
    if (skipped == 0) return &memory_[offset];
    const std::uint32_t go_on_at_start = 0;
    std::memcpy(&memory_[offset], &go_on_at_start, sizeof go_on_at_start);
    written_ += skipped;
    return memory_.get();
  }
  void publish(std::size_t size) noexcept {
    written_ += size;
    published_.store(written_, std::memory_order_release);
  }

  // Consumer: calls visit(record) for what was published before the call.
  template <class Visit>
  void consume(const Visit& visit) {
    const std::uint64_t end = published_.load(std::memory_order_acquire);
    std::uint64_t at = read_.load(std::memory_order_relaxed);
    while (at != end) {
      const std::byte* record = &memory_[at % capacity];
      std::uint32_t size = 0;
      std::memcpy(&size, record, sizeof size);
      if (size == 0) {
        at += capacity - at % capacity;
        continue;
      }
      visit(record);
      at += size;
      read_.store(at, std::memory_order_release);
    }
  }

  // The producing thread has ended: once this is seen, a last consume() finds all there is.
  void close() noexcept { closed_.store(true, std::memory_order_release); }
  [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }

 private:
  std::unique_ptr<std::byte[]> memory_ = std::make_unique_for_overwrite<std::byte[]>(capacity);
  alignas(64) std::uint64_t written_ = 0;           // producer's own
  std::uint64_t read_seen_ = 0;                     // producer's own
  std::atomic<std::uint64_t> published_{0};         // written by the producer
  alignas(64) std::atomic<std::uint64_t> read_{0};  // written by the consumer
  std::atomic<bool> closed_{false};
};

}  // namespace harbor_router::observe
