/* One regression scene: rendered, captured, compared with its golden, asserted on, judged. */
#ifndef ORR_CLI_CHECK_SCENE_H
#define ORR_CLI_CHECK_SCENE_H

#include "check/judge.h"
#include "script/script.h"

typedef struct orr_check_scene_params {
    orr_engine *engine;              /* the script's */
    orr_script *script;              /* has run; it returned a sequence, and declared a check */
    const orr_golden_source *golden; /* where its golden is read; NULL = it has none */
    const char *golden_out;          /* folder that gets a new golden; NULL = it is judged by the old one */
    const char *work;                /* folder for pictures of what differs; NULL = none */
    const char *folder;              /* of the script… */
    const char *data_folder; /* …and of test data (may be NULL): recorded inputs are named from them */
    const char *fingerprint; /* of this machine; "" = unknown, and then nothing is exact by right */
    bool budgets;            /* render once more, and judge what it costs */
    double frame_timeout_s;  /* as orr_sequence_options: ORR_E_FRAME_TIMEOUT; 0 = none */
    bool verdict_alone;      /* a planted fault is tried: no pictures, no triage */
    atomic_int *stop;
} orr_check_scene_params;

/* Fills `result` but for its name and file. An error is one of the script or the renderer; what the scene
 * comes to is its verdict. The calling thread must be the script's. */
ORR_MUST_CHECK orr_status orr_check_scene(const orr_check_scene_params *params, orr_check_result *result,
                                          orr_error *err);

/* Evaluates the sequence's functions of time at all its frames, twice, in two orders. ORR_E_SCRIPT names the
 * one that depends on what was asked before. The calling thread must be the script's. */
ORR_MUST_CHECK orr_status orr_check_pure(const orr_sequence *sequence, orr_error *err);

/* The device in a golden's words; strings are the device's own. */
orr_golden_device orr_check_device(const orr_gpu_device_info *device, const char *fingerprint);

#endif
