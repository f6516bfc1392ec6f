#include "internal.h"

#include <grpc/support/string_util.h>

static grpc_arg *add(cgrpc_options *options, const char *key, grpc_arg_type type) {
  if (options->count == CGRPC_MAX_OPTIONS) return NULL;
  grpc_arg *argument = &options->arguments[options->count++];
  argument->type = type;
  argument->key = gpr_strdup(key);
  return argument;
}

cgrpc_options *cgrpc_options_create(void) {
  cgrpc_options *options = gpr_zalloc(sizeof(cgrpc_options));
  cgrpc_options_set_integer(options, "grpc.tsi.max_frame_size", CGRPC_MAX_FRAME);
  return options;
}

bool cgrpc_options_set_integer(cgrpc_options *options, const char *key, int32_t value) {
  grpc_arg *argument = add(options, key, GRPC_ARG_INTEGER);
  if (argument == NULL) return false;
  argument->value.integer = value;
  return true;
}

bool cgrpc_options_set_text(cgrpc_options *options, const char *key, const char *text) {
  grpc_arg *argument = add(options, key, GRPC_ARG_STRING);
  if (argument == NULL) return false;
  argument->value.string = gpr_strdup(text);
  return true;
}

grpc_channel_args cgrpc_options_view(const cgrpc_options *options) {
  // C-core copies the arguments and never writes to them; its struct only lacks the const.
  grpc_channel_args view = {options->count, (grpc_arg *)options->arguments};
  return view;
}

void cgrpc_options_destroy(cgrpc_options *options) {
  for (size_t index = 0; index < options->count; index++) {
    grpc_arg *argument = &options->arguments[index];
    gpr_free(argument->key);
    if (argument->type == GRPC_ARG_STRING) gpr_free(argument->value.string);
  }
  gpr_free(options);
}
