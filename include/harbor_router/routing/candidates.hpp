// Which projects may have an image, and what each calls it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/harbor/project.hpp"
#include "harbor_router/store/record.hpp"

namespace harbor_router::routing {

// What a client asks for, independent of how it spelt it: "ghcr.io/org/app" and
// "org/app?ns=ghcr.io" are one subject. Together with a reference this is the key of a mapping.
struct Subject {
  std::string hint;        // a registry's host, or empty
  std::string repository;  // without a host in front
  friend bool operator==(const Subject&, const Subject&) = default;
};

// hint: ns= or the root registry, empty when there is none. A first component that is the host of a
// discovered registry is a hint too. A hint is never used as an address.
[[nodiscard]] Subject subject_of(std::string_view repository, std::string_view hint,
                                 const harbor::ProjectList& projects);

struct Candidate {
  harbor::ProjectPointer project;
  std::string repository;  // as this project's upstream names it
};

// With a hint: the projects that mirror that registry, else those whose registry is not known, else
// none, since the same name elsewhere is another image. Without: all. At most `limit`, by name.
[[nodiscard]] std::vector<Candidate> candidates_for(const Subject& subject,
                                                    const harbor::ProjectList& projects,
                                                    std::size_t limit);

// Whether the project that a record names, by name and id, is one of its subject's candidates. What
// was kept or shared is believed only as far as it could have been learnt here.
[[nodiscard]] bool names_candidate(const store::Record& record, const harbor::ProjectList& projects,
                                   std::size_t limit);

}  // namespace harbor_router::routing
