#ifndef CALLBACKS_H
#define CALLBACKS_H
#include <ngtcp2/ngtcp2.h>

/* The one connection of this instance, and how it ended. */
extern ngtcp2_conn *connection;
extern ngtcp2_connection_close_error closing;

void set_callbacks(ngtcp2_callbacks *callbacks);
#endif
