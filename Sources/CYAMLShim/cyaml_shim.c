#include "cyaml_shim.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct cyaml_events {
  yaml_event_t *items;  // owned
  size_t count;
  size_t room;
  char *problem;  // owned, NULL when reading reached the end
  uint32_t problem_line;
};

static uint32_t line_of(yaml_mark_t mark) { return (uint32_t)mark.line + 1; }

// The reader stops at a byte offset, before there are lines.
static uint32_t line_at(const uint8_t *text, size_t offset) {
  uint32_t line = 1;
  for (size_t index = 0; index < offset; index++) line += text[index] == '\n';
  return line;
}

static bool keep_problem(cyaml_events *events, const yaml_parser_t *parser, const uint8_t *text,
                         size_t length) {
  bool from_reader = parser->error == YAML_READER_ERROR;
  size_t offset = parser->problem_offset < length ? parser->problem_offset : length;
  events->problem_line = from_reader ? line_at(text, offset) : line_of(parser->problem_mark);
  events->problem = strdup(parser->problem ? parser->problem : "not YAML");
  return events->problem != NULL;
}

static bool is_wanted(yaml_event_type_t type) {
  switch (type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
      return false;
    default:
      return true;
  }
}

// Takes the event over, or deletes it. False when memory ran out.
static bool keep(cyaml_events *events, yaml_event_t *event) {
  if (!is_wanted(event->type)) {
    yaml_event_delete(event);
    return true;
  }
  if (events->count == events->room) {
    size_t room = events->room ? events->room * 2 : 64;
    yaml_event_t *items = realloc(events->items, room * sizeof *items);
    if (!items) {
      yaml_event_delete(event);
      return false;
    }
    events->items = items;
    events->room = room;
  }
  events->items[events->count++] = *event;
  return true;
}

// False when memory ran out; a text that is not YAML is true with a problem.
static bool read_all(cyaml_events *events, yaml_parser_t *parser, const uint8_t *text,
                     size_t length) {
  for (;;) {
    yaml_event_t event;
    if (!yaml_parser_parse(parser, &event)) {
      if (parser->error == YAML_MEMORY_ERROR) return false;
      return keep_problem(events, parser, text, length);
    }
    bool is_last = event.type == YAML_STREAM_END_EVENT;
    if (!keep(events, &event)) return false;
    if (is_last) return true;
  }
}

cyaml_events *cyaml_events_create(const uint8_t *text, size_t length) {
  cyaml_events *events = calloc(1, sizeof *events);
  yaml_parser_t parser;
  if (!events || !yaml_parser_initialize(&parser)) {
    free(events);
    return NULL;
  }
  yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser, text, length);
  bool has_read = read_all(events, &parser, text, length);
  yaml_parser_delete(&parser);
  if (has_read) return events;
  cyaml_events_destroy(events);
  return NULL;
}

void cyaml_events_destroy(cyaml_events *events) {
  for (size_t index = 0; index < events->count; index++) yaml_event_delete(&events->items[index]);
  free(events->items);
  free(events->problem);
  free(events);
}

size_t cyaml_events_count(const cyaml_events *events) { return events->count; }

const char *cyaml_events_problem(const cyaml_events *events) { return events->problem; }

uint32_t cyaml_events_problem_line(const cyaml_events *events) { return events->problem_line; }

static cyaml_event view_scalar(cyaml_event view, const yaml_event_t *event) {
  view.kind = CYAML_SCALAR;
  view.is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  view.has_anchor = event->data.scalar.anchor != NULL;
  view.has_tag = event->data.scalar.tag != NULL;
  view.text = event->data.scalar.value;
  view.text_length = event->data.scalar.length;
  return view;
}

cyaml_event cyaml_events_view(const cyaml_events *events, size_t index) {
  const yaml_event_t *event = &events->items[index];
  cyaml_event view = {.line = line_of(event->start_mark), .text = (const uint8_t *)""};
  switch (event->type) {
    case YAML_SCALAR_EVENT:
      return view_scalar(view, event);
    case YAML_SEQUENCE_START_EVENT:
      view.kind = CYAML_LIST_START;
      view.has_anchor = event->data.sequence_start.anchor != NULL;
      view.has_tag = event->data.sequence_start.tag != NULL;
      return view;
    case YAML_MAPPING_START_EVENT:
      view.kind = CYAML_MAPPING_START;
      view.has_anchor = event->data.mapping_start.anchor != NULL;
      view.has_tag = event->data.mapping_start.tag != NULL;
      return view;
    case YAML_SEQUENCE_END_EVENT:
      view.kind = CYAML_LIST_END;
      return view;
    case YAML_MAPPING_END_EVENT:
      view.kind = CYAML_MAPPING_END;
      return view;
    case YAML_ALIAS_EVENT:
      view.kind = CYAML_ALIAS;
      return view;
    default:
      view.kind = CYAML_DOCUMENT;
      return view;
  }
}
