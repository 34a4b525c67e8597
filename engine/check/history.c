/* The time series across runs: JSON Lines, a run a line. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "check/report.h"

enum { HISTORY_LIMIT = 256 << 20 };

static void number(orr_text *out, const char *name, double value) {
    char text[40];
    orr_format_f64(text, sizeof text, value);
    orr_text_printf(out, ",\"%s\":%s", name, isfinite(value) ? text : "null");
}

static double gpu_ms(const orr_check_result *result) {
    double sum = 0;
    for (uint32_t i = 0; i < result->frame_count; i++) sum += result->frames[i].gpu_ms;
    return result->frame_count ? sum : NAN;
}

/* The largest of its images; NaN where FLIP was not computed. */
static double worst_flip(const orr_check_result *result) {
    double worst = NAN;
    for (uint32_t f = 0; f < result->frame_count; f++)
        for (uint32_t i = 0; i < result->frames[f].image_count; i++)
            worst = fmax(worst, result->frames[f].images[i].flip);
    return worst;
}

static void print_scene(orr_text *out, const orr_check_result *result) {
    orr_text_puts(out, "{\"name\":");
    orr_text_json_string(out, result->name);
    orr_text_puts(out, ",\"verdict\":");
    orr_text_json_string(out, orr_verdict_name(result->verdict));
    number(out, "wall_s", result->wall_s);
    number(out, "gpu_ms", gpu_ms(result));
    number(out, "memory_mib", (double)result->peak_rss_bytes / (1 << 20));
    number(out, "flip", worst_flip(result));
    orr_text_puts(out, "}");
}

static void print_run(orr_text *out, const orr_check_result *results, uint32_t count,
                      const orr_check_run_info *info) {
    uint32_t failures = 0;
    const char *device = "";
    for (uint32_t i = 0; i < count; i++) {
        failures += orr_check_is_failure(&results[i], info);
        if (!device[0]) device = results[i].device;
    }
    orr_text_puts(out, "{\"label\":");
    orr_text_json_string(out, info->label);
    orr_text_puts(out, ",\"version\":");
    orr_text_json_string(out, info->version);
    orr_text_puts(out, ",\"device\":");
    orr_text_json_string(out, device);
    number(out, "wall_s", info->wall_s);
    orr_text_printf(out, ",\"failures\":%u,\"scenes\":[", failures);
    for (uint32_t i = 0; i < count; i++) {
        if (i) orr_text_puts(out, ",");
        print_scene(out, &results[i]);
    }
    orr_text_puts(out, "]}\n");
}

orr_status orr_check_history_append(const orr_check_result *results, uint32_t count,
                                    const orr_check_run_info *info, const char *path, orr_error *err) {
    uint8_t *old = NULL;
    size_t size = 0;
    orr_text text = {0};
    orr_status status = orr_file_exists(path) ? orr_file_read(path, HISTORY_LIMIT, &old, &size, err) : ORR_OK;
    if (status == ORR_OK) {
        if (size) orr_text_append(&text, (const char *)old, size);
        if (size && old[size - 1] != '\n') orr_text_puts(&text, "\n"); /* a line that was cut short */
        print_run(&text, results, count, info);
        status = text.failed ? orr_fail(err, ORR_E_MEMORY, path, "%s: out of memory", path)
                             : orr_file_write(path, text.data, text.length, err);
    }
    free(old);
    orr_text_free(&text);
    return status;
}
