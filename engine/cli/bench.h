/* orrery bench: what its measurements share. Each fills a JSON object; what cannot be measured here says so
 * in a member "skipped" of it, which is no error. */
#ifndef ORR_CLI_BENCH_H
#define ORR_CLI_BENCH_H

#include <jansson.h>

#include "cli/cli.h"

orr_status orr_bench_cold(const orr_cli *cli, json_t *out, orr_error *err); /* bench_start.c */
orr_status orr_bench_turntable(const orr_cli *cli, json_t *out, orr_error *err);
orr_status orr_bench_jobs(const orr_cli *cli, json_t *out, orr_error *err);
orr_status orr_bench_all(const orr_cli *cli, json_t *out, orr_error *err);
orr_status orr_bench_sequence(const orr_cli *cli, json_t *out, orr_error *err); /* bench_frames.c */
orr_status orr_bench_memory(const orr_cli *cli, json_t *out, orr_error *err);
orr_status orr_bench_passes(const orr_cli *cli, json_t *out, orr_error *err); /* bench_passes.c */
orr_status orr_bench_pointwise(const orr_cli *cli, json_t *out, orr_error *err);
orr_status orr_bench_compare(const orr_cli *cli, json_t *out, orr_error *err); /* bench_compare.c */
orr_status orr_bench_bundle(const orr_cli *cli, json_t *out, orr_error *err);  /* bench_bundle.c */
orr_status orr_bench_check(const orr_cli *cli, json_t *out, orr_error *err);   /* bench_check.c */
orr_status orr_bench_light(const orr_cli *cli, json_t *out, orr_error *err);   /* bench_light.c */
orr_status orr_bench_sky(const orr_cli *cli, json_t *out, orr_error *err);     /* bench_sky.c */
extern const char
    *const orr_bench_names[]; /* all but "all", in the order in which that runs them; NULL ends them */

/* --- numbers --------------------------------------------------------------------------------------- */
double orr_bench_median(double *values, size_t count); /* sorts them; 0 of none */
/* {"median", "min", "max"}; sorts them. */
json_t *orr_bench_spread(double *values, size_t count);
/* A number with as many digits as a measurement has: six. */
json_t *orr_bench_number(double value);
void orr_bench_machine(const orr_gpu *gpu, json_t *out); /* device, driver, cores */

/* --- a script ready to render ------------------------------------------------------------------------ */
typedef struct orr_bench_stage {
    orr_engine *engine;
    orr_script *script;
    orr_renderer *renderer;
    orr_gpu *gpu;
    const orr_sequence *sequence;
} orr_bench_stage;
/* `script` relative to the engine's root unless absolute; --script wins. Close it in any case. */
orr_status orr_bench_open(const orr_cli *cli, const char *script, orr_bench_stage *stage, orr_error *err);
void orr_bench_close(orr_bench_stage *stage);
/* The sequence's frames, over and over, `count` of them; malloc'd. */
int64_t *orr_bench_frames(const orr_sequence *sequence, uint32_t count);

/* --- a folder for what is written and thrown away ----------------------------------------------------- */
orr_status orr_bench_folder(char *out, size_t size, orr_error *err);
void orr_bench_sweep(const char *folder); /* removes the files in it */
orr_status orr_bench_read(const char *path, json_t **out, orr_error *err);

#endif
