// Randomness for spreading things in time; decisions take it as a parameter. Not for secrets.
#pragma once

namespace harbor_router::base {

[[nodiscard]] double chance();  // uniform in [0, 1); any thread

}  // namespace harbor_router::base
