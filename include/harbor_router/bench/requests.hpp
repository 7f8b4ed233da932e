// The requests of a run, as bytes made before it. Which of them request number n is depends on n
// alone. Immutable once made: threads share it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/bench/mix.hpp"
#include "harbor_router/http/head.hpp"
#include "harbor_router/oci/digest.hpp"

namespace harbor_router::bench {

// An image to ask for.
struct Subject {
  std::string repository;
  std::string reference;              // a tag or a digest
  std::optional<oci::Digest> digest;  // of its manifest, where it is known
  std::vector<oci::Digest> blobs;
  std::string authorization;  // whole value of the field; empty: none
};

enum class AskBy { reference, digest };
enum class Names { as_given, never_seen };

class Requests {
 public:
  struct Settings {
    std::string host;  // the Host field
    Weights weights{1, 0, 0};
    AskBy ask_by = AskBy::reference;
    Names names = Names::as_given;
    std::string run;  // told apart from other runs in names never seen: lower-case letters, digits
  };
  // Subjects without what the weights ask for are left out of that kind. Throws
  // std::invalid_argument when a kind is left without any.
  Requests(const Settings& settings, const std::vector<Subject>& subjects);

  struct Request {
    std::string_view bytes;  // of this object or of scratch
    http::RequestMethod method = http::RequestMethod::get;
    const oci::Digest* digest = nullptr;  // of the body, where the request names one
    bool may_be_missing = false;          // a 404 is what is expected
  };
  // scratch: holds the bytes of a name never seen.
  [[nodiscard]] Request pick(std::uint64_t number, std::string& scratch) const;

 private:
  struct Prepared {
    std::string bytes;  // whole, or up to where the number of a new name goes
    std::string rest;   // what follows the number
    http::RequestMethod method = http::RequestMethod::get;
    std::optional<oci::Digest> digest;
  };
  Mix mix_;
  Names names_;
  std::array<std::vector<Prepared>, kinds> prepared_;
};

}  // namespace harbor_router::bench
