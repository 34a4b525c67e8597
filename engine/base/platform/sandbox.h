/* Locks this process in: afterwards it can compute, and talk over what it has open already.
 *
 * sandbox_linux.c does it with seccomp; sandbox_other.c cannot, and says so. */
#ifndef ORR_BASE_SANDBOX_H
#define ORR_BASE_SANDBOX_H

#include <stdbool.h>

#include "orrery/status.h"

/* For all threads of the process, and for ever. From then on it may not open a file or a socket, start a
 * process or a thread, or make memory executable; it may read from and write to ORR_CHILD_CHANNEL_FD alone
 * (process.h), and read at an offset what else is open. Asking for a file, a thread or information about the
 * system is refused; anything else ends the process (SIGSYS). ORR_E_UNSUPPORTED when the system has no such
 * lock although systems like it do: then nothing that is not trusted may run. Does nothing where
 * orr_sandbox_name is NULL. */
ORR_MUST_CHECK orr_status orr_sandbox_enter(orr_error *err);
/* "seccomp"; NULL = this program has no lock for this system. */
const char *orr_sandbox_name(void);

/* Whether this program is built with AddressSanitizer or ThreadSanitizer: they take terabytes of address
 * space, and write their reports to stderr. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ORR_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ORR_SANITIZED true
#endif
#endif
#ifndef ORR_SANITIZED
#define ORR_SANITIZED false
#endif

#endif
