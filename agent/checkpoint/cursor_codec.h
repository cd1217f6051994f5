// How the journals of files and of consumers write a cursor (docs/state.md).
#pragma once

#include "agent/checkpoint/bytes.h"
#include "agent/checkpoint/consumer_checkpoint.h"

namespace sawlog::agent {

inline void put_cursor(ByteWriter& writer, const Cursor& cursor) {
  writer.number(cursor.offset);
  writer.number(cursor.hash_before);
  writer.number(cursor.hashed_bytes);
}

inline Cursor get_cursor(ByteReader& reader) {
  Cursor cursor;
  cursor.offset = reader.number<uint64_t>();
  cursor.hash_before = reader.number<uint64_t>();
  cursor.hashed_bytes = reader.number<uint32_t>();
  return cursor;
}

}  // namespace sawlog::agent
