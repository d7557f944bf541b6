#ifndef PROTO_LIMITS_H
#define PROTO_LIMITS_H

/*
 * Every limit on what a peer, a file or a person can make us hold, with its
 * reason.  A limit is checked before memory is taken.
 */

/*
 * A segment of a target blob: the unit of planning, encoding, verification
 * and resume.  The build option SEGMENT_SIZE lowers it, so that tests cross
 * segment boundaries with small images.  Both ends take the size from PLAN.
 */
#ifndef PH_SEGMENT_SIZE
#define PH_SEGMENT_SIZE (16u << 20)
#endif
#define PH_SEGMENT_SIZE_MAX (16u << 20)

/* The least that a PLAN may say, and the most segments of a blob. */
#define PH_SEGMENT_SIZE_MIN 4096u
#define PH_SEGMENTS_MAX (1u << 26)

/* Block maps: a fixed grid of 64 KiB (docs/formats.md). */
#define PH_MAP_BLOCK_SIZE 65536u

/* An image file: 2^32 blocks, so that MAP can name each; 256 TiB. */
#define PH_BLOB_SIZE_MAX (UINT64_C(1) << 48)

/*
 * An encoding never outgrows its segment by more than the header, the
 * operations of a segment that is all literals, and zstd's bound.
 */
#define PH_ENCODING_SIZE_MAX (PH_SEGMENT_SIZE_MAX + (1u << 20))

/* Operations of one segment: bounds what applying one can cost. */
#define PH_SEGMENT_OPS_MAX (1u << 20)

/* Prefix that a rule may ask for, and zstd's window (formats.md). */
#define PH_PREFIX_MAX (64u << 20)
#define PH_WINDOW_LOG_MAX 27

/* A signed document: a manifest of PH_FILES_MAX files fits. */
#define PH_DOCUMENT_MAX (256u << 10)
#define PH_GRANT_HEAD_MAX 2048u
#define PH_SIGNATURES_MAX 8u

/* Files of one version. */
#define PH_FILES_MAX 256u

/* Labels of one version. */
#define PH_LABELS_MAX 64u

/* Selectors of a charter. */
#define PH_SELECTORS_MAX 1024u

/* Keys of one role in a trust document. */
#define PH_ROLE_KEYS_MAX 16u

/* Upstreams of a charter. */
#define PH_UPSTREAMS_MAX 16u

/* Commitments to the main log in one receipt. */
#define PH_COMMITMENTS_MAX 64u

/* Trust documents of one join file: its anchor and what followed. */
#define PH_JOIN_TRUST_MAX 64u

/* Bytes of an incarnation. */
#define PH_INCARNATION_SIZE 16u

/* Names: one file-name component each, and short enough to show. */
#define PH_NAME_MAX 127u
#define PH_VERSION_MAX 63u
#define PH_FILE_NAME_MAX 255u
#define PH_LABEL_MAX 127u
#define PH_TEXT_MAX 1023u

/*
 * A list (of a grant, of holdings): 120,000 lines of 140 bytes.  A lane holds
 * at most four lists at a time, a session two.
 */
#define PH_LIST_LINE_MAX 512u
#define PH_LIST_SIZE_MAX (16u << 20)

/*
 * The differences of two lists: all lines of one go, all of the other come.
 * Each has a sign more; our lines are longer than the 32 bytes allowed for.
 */
#define PH_LIST_CHANGES_MAX (2u * PH_LIST_SIZE_MAX + PH_LIST_SIZE_MAX / 16u)

/* One frame's payload of content or list lines. */
#define PH_DATA_MAX 65536u
#define PH_LISTDIFF_MAX 65536u

/*
 * Frames of one difference: whole lines fill some 540 frames with the
 * largest; twice that is enough.
 */
#define PH_LISTDIFF_FRAMES_MAX 1024u

/* One control payload of a session. */
#define PH_MESSAGE_MAX 65536u

/* JSON nesting; our documents need six. */
#define PH_JSON_DEPTH_MAX 16u

/* One request or answer of the control protocol, and its descriptors. */
#define PH_CONTROL_MAX (16u << 20)
#define PH_CONTROL_FDS_MAX 64u

/* Log entry body. */
#define PH_LOG_ENTRY_MAX (64u << 10)

#endif
