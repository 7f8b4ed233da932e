// Buffers taken when bytes arrive and given back when these are used up, so that whoever waits owns
// none. One pool a thread; a Buffer must not outlive its pool.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace harbor_router::http {

class BufferPool;

// Memory of whole pages, mapped for itself: where an idle client's buffer was, nothing stays behind
// in the heap between what he keeps. Throws std::bad_alloc.
class Pages {
 public:
  Pages() = default;
  explicit Pages(std::size_t bytes);
  Pages(Pages&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Pages& operator=(Pages&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Pages();
  [[nodiscard]] char* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

// A block with bytes between begin and end: filled at the end, used up at the front.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        block_(std::move(other.block_)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer old(std::move(*this));
    pool_ = std::exchange(other.pool_, nullptr);
    block_ = std::move(other.block_);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
    return *this;
  }
  ~Buffer();

  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] bool allocated() const noexcept { return block_.data() != nullptr; }
  [[nodiscard]] std::string_view bytes() const noexcept {
    return {block_.data() + begin_, end_ - begin_};
  }
  [[nodiscard]] std::span<char> filled() noexcept {
    return {block_.data() + begin_, end_ - begin_};
  }
  [[nodiscard]] std::span<char> space() noexcept {
    return {block_.data() + end_, block_.size() - end_};
  }
  void grew(std::size_t count) noexcept { end_ += count; }
  void consume(std::size_t count) noexcept { begin_ += count; }
  // Drops the bytes and makes the whole block space again.
  void clear() noexcept { begin_ = end_ = 0; }
  // Moves the bytes to the front of the block (views of them end here).
  void compact() noexcept;

 private:
  friend class BufferPool;
  BufferPool* pool_ = nullptr;
  Pages block_;
  std::size_t begin_ = 0, end_ = 0;
};

class BufferPool {
 public:
  // Larger than any head we take (32 KiB), so that a short read ends every read of a head.
  static constexpr std::size_t block_bytes = 36 * 1024;
  // What streaming reads at once when splice is not to be had.
  static constexpr std::size_t stream_bytes = 256 * 1024;

  [[nodiscard]] Buffer take();
  // Not pooled: freed when the Buffer goes.
  [[nodiscard]] static Buffer take_for_stream();

 private:
  friend class Buffer;
  static constexpr std::size_t kept_blocks = 256;
  std::vector<Pages> free_;
};

}  // namespace harbor_router::http
