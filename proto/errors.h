#ifndef PROTO_ERRORS_H
#define PROTO_ERRORS_H

/*
 * The one list of errors.  Functions that can fail return PH_OK or one of
 * the negative codes below; the same codes travel by name in ABORT and
 * ERROR messages and in the control protocol, and choose the exit status
 * of syncctl.  Names are stable: scripts and older peers know them.
 *
 * PH_ERRORS(X): X(code, value, "name", exit status, "sentence").
 */

/* clang-format off */
#define PH_ERRORS(X)                                                          \
	/* Our own machine. */                                                \
	X(PH_EINTERNAL, -1, "internal", 1,                                    \
	    "an internal error")                                              \
	X(PH_ENOMEM, -2, "no-memory", 1,                                      \
	    "out of memory")                                                  \
	X(PH_EIO, -3, "io", 1,                                                \
	    "reading or writing a file failed")                               \
	X(PH_ENOSPC, -4, "no-space", 7,                                       \
	    "not enough space")                                               \
	X(PH_ECANCELED, -5, "canceled", 1,                                    \
	    "canceled")                                                       \
	X(PH_EEXISTS, -6, "exists", 10,                                       \
	    "it exists already")                                              \
	X(PH_EBUSY, -7, "busy", 10,                                           \
	    "already running")                                                \
	X(PH_EPERM, -8, "permission", 1,                                      \
	    "permission denied")                                              \
	X(PH_EABSENT, -9, "absent", 1,                                        \
	    "it is not there")                                                \
	/* What a person gave us. */                                          \
	X(PH_EUSAGE, -20, "usage", 2,                                         \
	    "the command is not formed like this")                            \
	X(PH_ECONFIG, -21, "configuration", 2,                                \
	    "the configuration is not valid")                                 \
	X(PH_EPOLICY, -22, "policy", 2,                                       \
	    "the policy is not valid")                                        \
	X(PH_ENAME, -23, "name", 2,                                           \
	    "the name is not valid")                                          \
	X(PH_EKEY, -24, "key", 2,                                             \
	    "the key is not valid")                                           \
	X(PH_EFILE, -25, "file", 2,                                           \
	    "the file cannot be used")                                        \
	X(PH_ETAKEN, -26, "taken", 10,                                        \
	    "the name, key or version is taken with other content")           \
	X(PH_EUNKNOWN, -27, "unknown", 3,                                     \
	    "no such image or repository")                                    \
	X(PH_ENOTHERE, -28, "not-applicable", 12,                             \
	    "not applicable at this repository")                              \
	X(PH_ESTORE, -29, "store", 1,                                         \
	    "the store cannot be used")                                       \
	X(PH_ENODAEMON, -30, "no-daemon", 11,                                 \
	    "syncd is not running here")                                      \
	X(PH_EPARTIAL, -31, "partial", 9,                                     \
	    "some done, some not")                                            \
	/* The way to a peer. */                                              \
	X(PH_ECONNECT, -40, "connect", 5,                                     \
	    "the upstream cannot be reached")                                 \
	X(PH_ERESOLVE, -41, "resolve", 5,                                     \
	    "the upstream's name cannot be resolved")                         \
	X(PH_ETIMEOUT, -42, "timeout", 5,                                     \
	    "the peer did not answer in time")                                \
	X(PH_ECUT, -43, "cut", 5,                                             \
	    "the link was cut")                                               \
	X(PH_EUPSTREAMDOWN, -44, "upstream-down", 5,                          \
	    "the upstream's syncd is not running")                            \
	X(PH_EPEERBUSY, -45, "peer-busy", 5,                                  \
	    "the peer is busy")                                               \
	X(PH_EALGORITHM, -46, "algorithm", 6,                                 \
	    "no SSH algorithm in common")                                     \
	X(PH_EHOSTKEY, -47, "host-key", 6,                                    \
	    "the upstream's host key is not the pinned one")                  \
	X(PH_EUSERKEY, -48, "user-key", 4,                                    \
	    "the upstream does not accept this repository's key")             \
	X(PH_EVERSION, -49, "version", 5,                                     \
	    "no protocol version in common")                                  \
	X(PH_EGATE, -50, "gate", 5,                                           \
	    "the upstream's gate answered in an unexpected way")              \
	/* Who may what. */                                                   \
	X(PH_EIDENTITY, -60, "identity", 4,                                   \
	    "the peer is not the one that was expected")                      \
	X(PH_EREMOVED, -61, "removed", 4,                                     \
	    "the repository was removed at the primary")                      \
	X(PH_EPAUSED, -62, "paused", 4,                                       \
	    "the repository is paused at the primary")                        \
	X(PH_EDENIED, -63, "denied", 4,                                       \
	    "not granted")                                                    \
	X(PH_ECONFLICT, -64, "conflict", 4,                                   \
	    "in conflict with what is there")                                 \
	/* Bytes that are not what they should be. */                         \
	X(PH_EFRAME, -80, "bad-frame", 6,                                     \
	    "a damaged frame")                                                \
	X(PH_ESTATE, -81, "bad-state", 6,                                     \
	    "a message that is not allowed here")                             \
	X(PH_EMESSAGE, -82, "bad-message", 6,                                 \
	    "a damaged message")                                              \
	X(PH_EDOCUMENT, -83, "bad-document", 6,                               \
	    "a damaged document")                                             \
	X(PH_ESIGNATURE, -84, "bad-signature", 6,                             \
	    "a signature that does not hold")                                 \
	X(PH_EOLDER, -85, "older", 6,                                         \
	    "older than what is known")                                       \
	X(PH_EFORK, -86, "fork", 6,                                           \
	    "two documents of the same number")                               \
	X(PH_EDIGEST, -87, "bad-digest", 6,                                   \
	    "content that does not match its digest")                         \
	X(PH_ESEGMENT, -88, "bad-segment", 6,                                 \
	    "a damaged segment")                                              \
	X(PH_ELIMIT, -89, "limit", 6,                                         \
	    "larger than the limit")                                          \
	X(PH_EEXPIRED, -90, "expired", 12,                                    \
	    "expired")                                                        \
	X(PH_ELOG, -91, "bad-log", 6,                                         \
	    "a damaged log")                                                  \
	X(PH_EBASE, -92, "base", 6,                                           \
	    "the base is missing or damaged")                                 \
	X(PH_EJSON, -93, "bad-json", 6,                                       \
	    "not the JSON that was expected")
/* clang-format on */

enum ph_error {
	PH_OK = 0,
#define PH_ERROR_ENUM(code, value, name, exit, sentence) code = value,
	PH_ERRORS(PH_ERROR_ENUM)
#undef PH_ERROR_ENUM
};

/* The stable name of a code ("no-space"); "internal" for an unknown one. */
const char *error_name(int code);

/* A short sentence without a full stop, for people. */
const char *error_sentence(int code);

/* The exit status of syncctl for a code; 0 for PH_OK. */
int error_exit_status(int code);

/*
 * The code of a failure's name; PH_EINTERNAL when no failure has that name
 * ("ok" is none).
 */
int error_from_name(const char *name);

#endif
