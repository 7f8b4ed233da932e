#include "harbor_router/http/buffer.hpp"

#include <cstring>

namespace harbor_router::http {

Buffer::~Buffer() {
  if (block_ && pool_ != nullptr && pool_->free_.size() < BufferPool::kept_blocks)
    pool_->free_.push_back(std::move(block_));
}

void Buffer::compact() noexcept {
  if (begin_ == 0) return;
  std::memmove(block_.get(), block_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

Buffer BufferPool::take() {
  Buffer buffer;
  buffer.pool_ = this;
  buffer.size_ = block_bytes;
  if (free_.empty()) {
    buffer.block_ = std::make_unique_for_overwrite<char[]>(block_bytes);
  } else {
    buffer.block_ = std::move(free_.back());
    free_.pop_back();
  }
  return buffer;
}

Buffer BufferPool::take_for_stream() {
  Buffer buffer;
  buffer.size_ = stream_bytes;
  buffer.block_ = std::make_unique_for_overwrite<char[]>(stream_bytes);
  return buffer;
}

}  // namespace harbor_router::http
