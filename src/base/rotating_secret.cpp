#include "harbor_router/base/rotating_secret.hpp"

#include "harbor_router/base/file_text.hpp"

namespace harbor_router::base {

RotatingSecret::RotatingSecret(std::string value, std::optional<std::string> file)
    : file_(std::move(file)), read_(Read{.value = std::move(value)}) {}

std::string RotatingSecret::current() {
  auto read = read_.lock();
  if (!file_) return read->value;
  const auto now = file_version(*file_);
  if (!now || now == read->version) return read->value;
  auto text = file_text(*file_);
  if (!text) return read->value;
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  if (text->empty()) return read->value;  // being written: the next look finds it whole
  read->value = *std::move(text);
  read->version = now;
  return read->value;
}

}  // namespace harbor_router::base
