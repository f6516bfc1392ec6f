#include "internal.h"

cgrpc_channel *cgrpc_channel_create(const char *target, const cgrpc_options *options,
                                    cgrpc_credentials *credentials) {
  grpc_channel_args arguments = cgrpc_options_view(options);
  cgrpc_channel *channel = gpr_malloc(sizeof *channel);
  channel->channel = grpc_channel_create(target, credentials->channel, &arguments);
  return channel;
}

void cgrpc_channel_destroy(cgrpc_channel *channel) {
  grpc_channel_destroy(channel->channel);
  gpr_free(channel);
}
