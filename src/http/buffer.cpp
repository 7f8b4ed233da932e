#include "harbor_router/http/buffer.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace harbor_router::http {

Pages::Pages(std::size_t bytes) : size_(bytes) {
  void* const mapped =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<char*>(mapped);
}

Pages::~Pages() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

Buffer::~Buffer() {
  if (allocated() && pool_ != nullptr && pool_->free_.size() < BufferPool::kept_blocks)
    pool_->free_.push_back(std::move(block_));
}

void Buffer::compact() noexcept {
  if (begin_ == 0) return;
  std::memmove(block_.data(), block_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

Buffer BufferPool::take() {
  Buffer buffer;
  buffer.pool_ = this;
  if (free_.empty()) {
    buffer.block_ = Pages(block_bytes);
  } else {
    buffer.block_ = std::move(free_.back());
    free_.pop_back();
  }
  return buffer;
}

Buffer BufferPool::take_for_stream() {
  Buffer buffer;
  buffer.block_ = Pages(stream_bytes);
  return buffer;
}

}  // namespace harbor_router::http
