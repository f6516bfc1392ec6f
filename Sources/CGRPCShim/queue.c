#include "internal.h"

cgrpc_queue *cgrpc_queue_create(void) {
  cgrpc_queue *queue = gpr_malloc(sizeof *queue);
  queue->queue = grpc_completion_queue_create_for_next(NULL);
  return queue;
}

bool cgrpc_queue_next(cgrpc_queue *queue, cgrpc_event *event) {
  grpc_event next =
      grpc_completion_queue_next(queue->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
  if (next.type != GRPC_OP_COMPLETE) return false;
  event->tag = next.tag;
  event->succeeded = next.success != 0;
  return true;
}

void cgrpc_queue_shutdown(cgrpc_queue *queue) { grpc_completion_queue_shutdown(queue->queue); }

void cgrpc_queue_destroy(cgrpc_queue *queue) {
  grpc_completion_queue_destroy(queue->queue);
  gpr_free(queue);
}
