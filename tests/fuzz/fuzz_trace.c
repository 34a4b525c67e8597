/* libFuzzer target: bytes as a trace, which prints as what parses to the same, and as a file of licences. */
#include <stdlib.h>
#include <string.h>

#include "bundle/licences.h"
#include "bundle/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_trace(const char *data, size_t size) {
    orr_trace trace = {0}, again = {0};
    orr_text text = {0}, twice = {0};
    orr_error err = {0};
    if (orr_trace_parse(data, size, "fuzz", &trace, &err)) {
        if (!err.message[0]) abort();
    } else {
        orr_trace_print(&trace, &text);
        if (orr_trace_parse(orr_text_cstr(&text), text.length, "again", &again, NULL)) abort();
        orr_trace_print(&again, &twice);
        if (strcmp(orr_text_cstr(&text), orr_text_cstr(&twice)) != 0) abort();
    }
    orr_text_free(&text);
    orr_text_free(&twice);
    orr_arena_free(&trace.arena);
    orr_arena_free(&again.arena);
}

static void try_licences(const char *data, size_t size) {
    orr_arena arena = {0};
    orr_error err = {0};
    const orr_licence *list = NULL;
    uint32_t count = 0;
    if (orr_licences_parse(data, size, "fuzz", &arena, &list, &count, &err) && !err.message[0]) abort();
    for (uint32_t i = 0; i < count; i++)
        if (!*list[i].pattern || !*list[i].words || !orr_licence_matches("*", list[i].pattern)) abort();
    orr_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    try_trace((const char *)data, size);
    try_licences((const char *)data, size);
    return 0;
}
