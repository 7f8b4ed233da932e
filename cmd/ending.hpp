// SIGINT and SIGTERM, looked for by commands that end in an orderly way.
#pragma once

#include <chrono>
#include <optional>

namespace harbor_router {

// From now on they wait to be looked for, in this thread and those it starts.
void hold_endings();
// Waits so long for one; which it was. After hold_endings().
[[nodiscard]] std::optional<int> ending_within(std::chrono::nanoseconds limit);
// Ends the process as the signal would have, had nobody held it.
[[noreturn]] void end_by(int signal);

}  // namespace harbor_router
