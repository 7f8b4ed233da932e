#include "harbor_router/routing/backoff.hpp"

#include <algorithm>

#include "routing/verdicts.hpp"

namespace harbor_router::routing {

std::optional<std::chrono::nanoseconds> wait_before_repeat(const harbor::Answer& answer,
                                                           const Tried& tried,
                                                           const RetrySettings& settings) {
  // `failed` with a 2xx is a portal's page or wrong bytes: worth another try, as a 5xx is. A
  // timeout of ours has used up the time there was; one that Harbor tells by 504 has not.
  const bool worth_it = (answer.outcome == harbor::Outcome::failed || answer.status == 504) &&
                        answer.failure != base::Errc::cancelled &&
                        answer.failure != base::Errc::refused_account &&
                        answer.failure != base::Errc::too_large && !blames_question(answer);
  if (!worth_it || tried.repeats >= settings.repeats) return std::nullopt;
  const auto longest =
      settings.base_delay * (std::int64_t{1} << std::min<std::size_t>(tried.repeats, 16));
  auto wait = std::chrono::duration_cast<std::chrono::nanoseconds>(longest * tried.chance);
  if (answer.retry_after) wait = std::max<std::chrono::nanoseconds>(wait, *answer.retry_after);
  if (wait >= tried.time_left) return std::nullopt;
  return wait;
}

}  // namespace harbor_router::routing
