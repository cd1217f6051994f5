#include "lib/base/error.h"

#include <cerrno>
#include <system_error>

namespace sawlog::base {

namespace {

ErrorCode code_of(int os_errno) {
  switch (os_errno) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermission;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kNoSpace;
    case EAGAIN:
    case EBUSY:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kIo;
  }
}

}  // namespace

Error os_error(std::string_view action, std::string_view subject, int os_errno) {
  std::string message = "cannot ";
  message.append(action).append(" '").append(subject).append("': ");
  message.append(std::generic_category().message(os_errno));
  return Error{code_of(os_errno), std::move(message), os_errno};
}

}  // namespace sawlog::base
