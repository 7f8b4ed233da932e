// Where cache-inspect reads mappings from.
#pragma once

#include <functional>
#include <string>

#include "harbor_router/base/result.hpp"
#include "harbor_router/server/document.hpp"

namespace harbor_router {

// The state of an entry whose value is no mapping: there it is, and a purge removes it.
inline constexpr const char* unreadable_state = "unreadable";

class MappingSource {
 public:
  // false: no more are wanted.
  using Visit = std::function<bool(const server::Json& entry)>;

  virtual ~MappingSource() = default;
  [[nodiscard]] virtual std::string name() const = 0;  // "http://127.0.0.1:9090"
  // Entries that match, one after the other; nothing is held.
  [[nodiscard]] virtual base::Result<void> read(const std::string& pattern, const Visit& visit) = 0;
  // Totals as the source counts them; after read() at the latest.
  [[nodiscard]] virtual server::Json statistics() const = 0;
  // Whether statistics() counts what passed by in read(), so that all has to.
  [[nodiscard]] virtual bool counts_what_it_reads() const = 0;
  // How many were removed.
  [[nodiscard]] virtual base::Result<std::size_t> purge(const std::string& pattern) = 0;
};

}  // namespace harbor_router
