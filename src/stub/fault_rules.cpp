#include "stub/fault_rules.hpp"

#include <algorithm>

#include "stub/activity.hpp"

namespace harbor_router::stub {

void FaultRules::set(FaultScope scope, Fault fault) {
  auto held = rules_.lock();
  held->rules.push_back(
      {.number = ++held->last_number, .scope = std::move(scope), .fault = std::move(fault)});
}

void FaultRules::clear() {
  rules_.lock()->rules.clear();
}

void FaultRules::clear(std::string_view project) {
  auto held = rules_.lock();
  std::erase_if(held->rules,
                [&](const Rule& rule) { return rule.scope.requests.project == project; });
}

ActiveFault FaultRules::take(std::string_view method, std::string_view project, Endpoint endpoint) {
  auto held = rules_.lock();
  for (auto rule = held->rules.rbegin(); rule != held->rules.rend(); ++rule) {
    if (rule->scope.count == 0U) continue;
    if (!matches(rule->scope.requests, method, project, endpoint)) continue;
    if (rule->scope.count) --*rule->scope.count;
    return {.rule = rule->number, .fault = rule->fault};
  }
  return {};
}

bool FaultRules::is_set(std::uint64_t number) {
  auto held = rules_.lock();
  return std::any_of(held->rules.begin(), held->rules.end(),
                     [number](const Rule& rule) { return rule.number == number; });
}

}  // namespace harbor_router::stub
