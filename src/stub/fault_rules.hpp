// The faults set at this moment. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "harbor_router/base/guarded.hpp"
#include "harbor_router/stub/fault.hpp"

namespace harbor_router::stub {

struct ActiveFault {
  std::uint64_t rule = 0;  // names the rule while it is set; 0: none
  Fault fault;
};

class FaultRules {
 public:
  void set(FaultScope scope, Fault fault);
  void clear();
  void clear(std::string_view project);
  // The youngest rule that wants this request; its count goes down by one.
  [[nodiscard]] ActiveFault take(std::string_view method, std::string_view project,
                                 Endpoint endpoint);
  // Whether the rule has not been cleared, used up or not.
  [[nodiscard]] bool is_set(std::uint64_t rule);

 private:
  struct Rule {
    std::uint64_t number = 0;
    FaultScope scope;
    Fault fault;
  };
  struct Rules {
    std::vector<Rule> rules;
    std::uint64_t last_number = 0;
  };
  base::Guarded<Rules> rules_;
};

}  // namespace harbor_router::stub
