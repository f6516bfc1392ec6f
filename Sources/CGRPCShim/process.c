#include <stdio.h>
#include <string.h>

#include <grpc/support/log.h>

#include "internal.h"

// Set before C-core has a thread.
static cgrpc_tls_observer *observer;

// Of C-core's own lines two kinds matter: what is wrong with TLS, which nothing else tells, and the
// reason for an abort().
static void pick(gpr_log_func_args *line) {
  char reason[1024];
  cgrpc_tls_line kind = cgrpc_tls_describe(line->message, reason, sizeof reason);
  if (kind != CGRPC_TLS_OTHER) {
    observer(reason, kind == CGRPC_TLS_FILES);
  } else if (strstr(line->message, "assertion failed") != NULL) {
    fprintf(stderr, "%s:%d: %s\n", line->file, line->line, line->message);
  }
}

bool cgrpc_initialize(bool is_quiet, cgrpc_tls_observer *tls_failed) {
  observer = tls_failed;
  if (is_quiet) gpr_set_log_function(pick);
  if (!cgrpc_tls_prepare()) return false;
  grpc_init();
  return true;
}
