// Repository names, tags and references by the grammar of the OCI distribution spec (spec.md,
// "Pulling manifests"). Values of these types always keep to it: nothing else reaches Harbor.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "harbor_router/oci/digest.hpp"

namespace harbor_router::oci {

// "library/nginx", "org/team/app": lower-case components joined by "/", at most 255 bytes.
class Repository {
 public:
  [[nodiscard]] static std::optional<Repository> parse(std::string_view text);
  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  [[nodiscard]] bool has_single_component() const noexcept {
    return text_.find('/') == std::string::npos;
  }
  friend bool operator==(const Repository&, const Repository&) = default;
  friend auto operator<=>(const Repository&, const Repository&) = default;

 private:
  explicit Repository(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}
class Tag {
 public:
  [[nodiscard]] static std::optional<Tag> parse(std::string_view text);
  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  friend bool operator==(const Tag&, const Tag&) = default;
  friend auto operator<=>(const Tag&, const Tag&) = default;

 private:
  explicit Tag(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// What stands after manifests/: a tag or a digest.
class Reference {
 public:
  Reference(Tag tag) : value_(std::move(tag)) {}           // NOLINT: a tag is a reference
  Reference(Digest digest) : value_(std::move(digest)) {}  // NOLINT: so is a digest
  [[nodiscard]] static std::optional<Reference> parse(std::string_view text);

  [[nodiscard]] const std::string& str() const noexcept;
  [[nodiscard]] const Digest* digest() const noexcept { return std::get_if<Digest>(&value_); }
  [[nodiscard]] const Tag* tag() const noexcept { return std::get_if<Tag>(&value_); }
  friend bool operator==(const Reference&, const Reference&) = default;

 private:
  std::variant<Tag, Digest> value_;
};

}  // namespace harbor_router::oci
