#ifndef SYNCD_BASE_NOTIFY_H
#define SYNCD_BASE_NOTIFY_H

#include <stdint.h>

#include "proto/attributes.h"

/*
 * What the daemon tells the service manager that started it: the protocol of
 * sd_notify(3), a datagram to $NOTIFY_SOCKET.  Without that variable nothing
 * happens.  A service manager that does not listen is no reason to fail, so
 * nothing is reported back.  Loop thread only.
 */

struct notify;

/*
 * Take the address from $NOTIFY_SOCKET and the watchdog's period from
 * $WATCHDOG_USEC, and remove them from the environment, so that no child
 * speaks for us.  NULL without memory.
 */
struct notify *notify_new(void);

/* Start-up is finished. */
void notify_ready(struct notify *n);

/* The configuration is being read again (notify_ready() ends it). */
void notify_reloading(struct notify *n, int64_t mono_ms);

/* The daemon is going down. */
void notify_stopping(struct notify *n);

/* One line for "systemctl status". */
void notify_status(struct notify *n, const char *fmt, ...) ATTR_PRINTF(2, 3);

/* Alive; to be called at least every notify_watchdog_ms(). */
void notify_watchdog(struct notify *n);

/* Half of the watchdog's period in milliseconds; 0: there is no watchdog. */
int64_t notify_watchdog_ms(const struct notify *n);

/* NULL is allowed. */
void notify_free(struct notify *n);

#endif
