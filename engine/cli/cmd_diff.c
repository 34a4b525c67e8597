/* orrery diff A B. */
#include <stdlib.h>

#include "base/platform/platform.h"
#include "cli/cli.h"
#include "image/compare.h"

typedef struct reading {
    const char *path;
    orr_image *image;
    orr_status status;
    orr_error err;
} reading;

static void read_image(void *argument) {
    reading *r = argument;
    uint8_t *data = NULL;
    size_t size = 0;
    r->status = orr_file_read(r->path, UINT64_C(2) << 30, &data, &size, &r->err);
    if (r->status == ORR_OK) r->status = orr_image_decode(data, size, r->path, 0, NULL, r->image, &r->err);
    free(data);
}

/* Both at once; of two errors the first file's is told. */
static orr_status read_both(orr_jobs *jobs, const orr_cli *cli, orr_image *a, orr_image *b, orr_error *err) {
    reading both[2] = {{.path = cli->words[0], .image = a}, {.path = cli->words[1], .image = b}};
    orr_job_counter counter = {0};
    for (int i = 0; i < 2; i++) orr_jobs_run_io(jobs, read_image, &both[i], &counter);
    orr_jobs_wait(jobs, &counter);
    const reading *worse = both[0].status == ORR_OK ? &both[1] : &both[0];
    *err = worse->err;
    return worse->status;
}

static orr_status write_heatmap(const char *path, const orr_image *map, orr_error *err) {
    orr_image colours = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    orr_status status = orr_heat_map(map, &colours, err);
    if (status == ORR_OK) status = orr_png_encode(&colours, &(orr_png_params){0}, &data, &size, err);
    if (status == ORR_OK) status = orr_file_write(path, data, size, err);
    free(data);
    orr_image_free(&colours);
    return status;
}

static orr_status compare(const orr_cli *cli, orr_jobs *jobs, orr_image *a, orr_image *b,
                          orr_compare_result *result, orr_error *err) {
    orr_compare_params params = {.keep_map = cli->heatmap != NULL, .jobs = jobs};
    if (cli->hdr && cli->ldr) return orr_fail(err, ORR_E_USAGE, NULL, "--hdr and --ldr exclude each other");
    if (cli->hdr || cli->ldr) params.range = cli->hdr ? ORR_COMPARE_HDR : ORR_COMPARE_LDR;
    orr_status status = read_both(jobs, cli, a, b, err);
    if (status == ORR_OK && (status = orr_compare(a, b, &params, result, err)) == ORR_E_ARGUMENT) {
        orr_error_prefix(err, "%s and %s", cli->words[0], cli->words[1]);
        err->code = status = ORR_E_BAD_DATA; /* the files' fault, not the caller's */
    }
    if (status == ORR_OK && cli->heatmap) status = write_heatmap(cli->heatmap, &result->flip_map, err);
    return status;
}

int orr_cmd_diff(orr_cli *cli) {
    orr_image a = {0}, b = {0};
    orr_compare_result result = {0};
    orr_error err = {0};
    orr_text text = {0};
    orr_jobs *jobs = NULL;
    orr_status status = orr_jobs_create(&(orr_jobs_params){.label = "diff"}, &jobs, &err);
    if (status == ORR_OK) status = compare(cli, jobs, &a, &b, &result, &err);
    if (jobs) orr_jobs_destroy(&jobs);
    const struct {
        const char *name;
        double value;
    } figures[] = {
        {"max", result.max}, {"psnr", result.psnr_db}, {"ssim", result.ssim}, {"flip", result.flip}};
    for (int i = 0; status == ORR_OK && i < 4; i++) {
        if (cli->json) {
            orr_text_printf(&text, "%s\"%s\": ", i ? ", " : "{", figures[i].name);
            orr_cli_json_number(&text, figures[i].value); /* PSNR of equal images is infinite: null */
        } else {
            orr_text_printf(&text, "%-5s %.9g\n", figures[i].name, figures[i].value);
        }
    }
    if (status == ORR_OK && cli->json) orr_text_puts(&text, "}\n");
    orr_cli_print(&text);
    orr_image_free(&a);
    orr_image_free(&b);
    orr_compare_result_free(&result);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}
