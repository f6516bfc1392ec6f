// libyaml's events as plain values. No policy: what is accepted is decided by the caller.
#ifndef CYAML_SHIM_H
#define CYAML_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef enum cyaml_kind {
  CYAML_DOCUMENT,  // a document begins; its end and the stream's borders are left out
  CYAML_SCALAR,
  CYAML_LIST_START,
  CYAML_LIST_END,
  CYAML_MAPPING_START,
  CYAML_MAPPING_END,
  CYAML_ALIAS,
} cyaml_kind;

typedef struct cyaml_event {
  cyaml_kind kind;
  uint32_t line;  // from 1
  bool is_plain;  // a scalar without quotes and not a block
  bool has_anchor;
  bool has_tag;
  const uint8_t *text;  // a scalar's bytes, UTF-8, may hold NUL; borrowed until destroy
  size_t text_length;
} cyaml_event;

typedef struct cyaml_events cyaml_events;

// Reads the whole text, as UTF-8 whatever byte order mark it begins with. The result is +1 for
// cyaml_events_destroy; NULL when memory ran out.
cyaml_events *_Nullable cyaml_events_create(const uint8_t *text, size_t length);
void cyaml_events_destroy(cyaml_events *events);

size_t cyaml_events_count(const cyaml_events *events);
cyaml_event cyaml_events_view(const cyaml_events *events, size_t index);

// Why reading stopped before the end, borrowed until destroy; NULL when it did not.
const char *_Nullable cyaml_events_problem(const cyaml_events *events);
// The line of the problem, from 1.
uint32_t cyaml_events_problem_line(const cyaml_events *events);

#pragma clang assume_nonnull end

#endif
