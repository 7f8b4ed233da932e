// Which mappings an operator means: "nginx", "library/*", "ghcr.io/org/app:v1". Pure.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/store/mapping_store.hpp"

namespace harbor_router::store {

// "ghcr.io/org/app:v1", "org/app@sha256:...", "org/app" for the mapping of a repository.
[[nodiscard]] std::string image_of(const Key& key);

// A glob over the image as image_of() writes it, and over the same without its registry, without
// its reference, or without both. An empty one matches everything.
//
// It means what fnmatch(3) says of *, ?, [...] and \ in the C locale; * also stands for "/". Read
// once, and matched without recursion: whoever may ask for a pattern may not choose how long that
// takes.
class ImagePattern {
 public:
  static constexpr std::size_t longest = 1024;  // for whoever takes one from outside to check
  static constexpr const char* too_long = "a pattern for images has at most 1024 characters";

  explicit ImagePattern(std::string_view glob);
  [[nodiscard]] bool matches(const Key& key) const;

 private:
  using Bytes = std::bitset<256>;
  struct Place {
    std::optional<Bytes> one_of;  // nothing: any run of bytes
  };
  [[nodiscard]] bool fits(std::string_view text) const;
  static std::optional<Bytes> read_brackets(std::string_view& glob);

  std::vector<Place> places_;
  std::size_t least_bytes_ = 0;  // that fit
  bool everything_;
};

}  // namespace harbor_router::store
