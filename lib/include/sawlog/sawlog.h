// Sawlog: structured logs for C++ services. docs/library.md teaches it.
#pragma once

#include <sawlog/context.h>
#include <sawlog/crash.h>
#include <sawlog/event_timer.h>
#include <sawlog/events.h>
#include <sawlog/field.h>
#include <sawlog/level.h>
#include <sawlog/logger.h>
#include <sawlog/options.h>
#include <sawlog/throw_stack.h>
#include <sawlog/trace.h>
