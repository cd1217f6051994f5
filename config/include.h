// include: [conf.d/*.yaml]: more files of configuration.
//
// The parts are joined before anything is read: the maps of the top level (sources, outputs,
// labels, metrics, http, alerts) get the entries of all files, metrics.rules, alerts.rules and
// alerts.receivers what all have. Anything else that is given twice is a mistake that names both
// places. Globs are relative to the file that includes, their files come in the order of their
// names; one without a wildcard must lead to a file. An included file includes none.
#pragma once

#include <string>

#include "config/node.h"
#include "config/reading.h"

namespace sawlog::config {

// The document of a file; what is wrong with it, or that it cannot be read, becomes a mistake.
[[nodiscard]] Node read_document(const std::string& path, Reading& reading);

// Joins to root what its key include names. file: where root comes from.
void join_included(Node& root, const std::string& file, Reading& reading);

}  // namespace sawlog::config
