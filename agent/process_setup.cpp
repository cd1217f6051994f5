#include "agent/process_setup.h"

#include <cerrno>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <grp.h>
#include <pwd.h>

namespace sawlog::agent {

void set_limits() {
  umask(0027);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

base::Expected<void> become_user(const std::string& name) {
  errno = 0;
  const passwd* const user = getpwnam(name.c_str());
  if (user == nullptr) {
    return base::unexpected(base::ErrorCode::kNotFound,
                            "cannot become user '" + name + "': there is none");
  }
  const uid_t uid = user->pw_uid;
  const gid_t gid = user->pw_gid;
  if (geteuid() == uid) return {};
  // Groups first: afterwards the right to change them is gone.
  if (initgroups(name.c_str(), gid) != 0 || setgid(gid) != 0 || setuid(uid) != 0 ||
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return tl::unexpected(base::os_error("become user", name, errno));
  }
  return {};
}

}  // namespace sawlog::agent
