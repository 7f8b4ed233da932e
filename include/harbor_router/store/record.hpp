// One mapping as it is told to other replicas and to a later start of this one.
//
// A record is packed, versioned and complete by itself: its times are absolute, so that whoever
// reads it can tell its age without knowing who wrote it. What is read may come from another
// version or from somebody hostile: decode() takes nothing whose names break their grammar. Whether
// the project exists is for the reader to check. Holds no credential and no identity. The layout is
// in docs/architecture.md, "Shared mappings". Pure; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "harbor_router/base/result.hpp"
#include "harbor_router/store/mapping_store.hpp"

namespace harbor_router::store {

struct Record {
  std::string hint, repository, reference;  // as in Key; an absence always has a reference
  bool negative = false;                    // every project said that there is no such image
  std::string project;                      // name and id in Harbor; empty and 0 when negative
  ProjectId project_id = 0;
  std::optional<Sha256> digest;  // what the reference was when learnt, when known
  WallTime fresh_until{}, stale_until{};

  [[nodiscard]] Key key() const noexcept {
    return {.hint = hint, .repository = repository, .reference = reference};
  }
  friend bool operator==(const Record&, const Record&) = default;
};

// What is known for a key since now. project: its name in Harbor; empty makes it an absence.
struct Learnt {
  Key key;
  std::string project;
  ProjectId project_id = 0;
  std::optional<Sha256> digest;
};
[[nodiscard]] Record record_of(const Learnt& learnt, const Settings& settings, WallTime now);
// An entry of the store at its age. project: as above.
[[nodiscard]] Record record_of(const Entry& entry, std::string project, const Settings& settings,
                               WallTime now);
// Whether a record is fresh, stale, an absence, or over (absent).
[[nodiscard]] State state_of(const Record& record, WallTime now) noexcept;

// No valid record is longer.
inline constexpr std::size_t longest_record = 1200;

// The record must be valid, as those made of what a client asked for are.
[[nodiscard]] std::string encode(const Record& record);
// Failure invalid, with what is wrong; too_large.
[[nodiscard]] base::Result<Record> decode(std::string_view bytes);

}  // namespace harbor_router::store
