// What the process is before anything is opened: rights of new files, open files, the user.
#pragma once

#include <string>

#include "lib/base/error.h"

namespace sawlog::agent {

// New files are for the owner (and what asks for more, for the group); as many files may be open as
// the system lets us have.
void set_limits();

// root becomes that user with its groups, for good. Somebody else than root may only name himself.
[[nodiscard]] base::Expected<void> become_user(const std::string& name);

}  // namespace sawlog::agent
