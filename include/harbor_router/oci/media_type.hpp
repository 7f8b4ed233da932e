// Media types of manifests and the Accept header. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace harbor_router::oci {

inline constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view oci_manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view docker_list =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view docker_manifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view docker_schema1 =
    "application/vnd.docker.distribution.manifest.v1+json";
inline constexpr std::string_view docker_schema1_signed =
    "application/vnd.docker.distribution.manifest.v1+prettyjws";
inline constexpr std::string_view oci_artifact = "application/vnd.oci.artifact.manifest.v1+json";

// What today's clients ask for.
inline constexpr std::array usual_manifest_types = {oci_manifest, oci_index, docker_manifest,
                                                    docker_list};

// The same as one Accept line.
[[nodiscard]] const std::string& usual_accept();

// Whether a Content-Type names a manifest; parameters and case are ignored.
[[nodiscard]] bool is_manifest_type(std::string_view content_type) noexcept;

// One form for all Accept lines that mean the same: types lower-cased, split at commas, sorted,
// unique. Docker sends its lines in random order per request, so only this may be part of a key.
[[nodiscard]] std::string normalised_accept(const std::vector<std::string_view>& accept_lines);

// Which types of manifests a client takes, small enough to be part of a key: what a registry
// answers to a tag depends on it (an index, or one of its images for clients that know no index).
class AcceptedTypes {
 public:
  // One Accept line, in any order.
  void add(std::string_view line) noexcept;
  // Whether the client says for sure that it takes this type. Never without an Accept line, nor
  // where a line has parameters: what a registry makes of those is the registry's to say.
  [[nodiscard]] bool takes(std::string_view content_type) const noexcept;
  // Whether the client leaves the type to the registry: none is named, or any will do.
  [[nodiscard]] bool leaves_choice() const noexcept;
  // Whether all of usual_manifest_types are named, whatever their weight.
  [[nodiscard]] bool names_usual() const noexcept;
  friend bool operator==(AcceptedTypes, AcceptedTypes) = default;

 private:
  std::uint16_t bits_ = 0;  // one a type, in the order of media_type.cpp; then those named there
};

}  // namespace harbor_router::oci
