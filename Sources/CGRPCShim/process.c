#include <stdio.h>
#include <string.h>

#include <grpc/support/log.h>

#include "internal.h"

// Set before C-core has a thread.
static cgrpc_handshake_observer *observer;

// Of C-core's own lines two matter: why a handshake failed, which nothing else tells, and the reason
// for an abort().
static void pick(gpr_log_func_args *line) {
  char reason[1024];
  if (cgrpc_tls_describe_failure(line->message, reason, sizeof reason)) {
    observer(reason);
  } else if (strstr(line->message, "assertion failed") != NULL) {
    fprintf(stderr, "%s:%d: %s\n", line->file, line->line, line->message);
  }
}

bool cgrpc_initialize(bool is_quiet, cgrpc_handshake_observer *handshake_failed) {
  observer = handshake_failed;
  if (is_quiet) gpr_set_log_function(pick);
  if (!cgrpc_tls_prepare()) return false;
  grpc_init();
  return true;
}
