/* libFuzzer target: bytes as the JSON of a regression scene's result. What reads prints, and reads back to
 * what prints the same. */
#include <stdlib.h>
#include <string.h>

#include "check/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    orr_check_result result, again;
    orr_text first = {0}, second = {0};
    orr_error err = {0};
    if (orr_check_result_parse((const char *)data, size, "fuzz", &result, &err) != ORR_OK) {
        if (!err.message[0]) abort();
        return 0;
    }
    orr_check_result_print(&result, &first);
    if (orr_check_result_parse(first.data, first.length, "again", &again, NULL) != ORR_OK) abort();
    orr_check_result_print(&again, &second);
    if (strcmp(orr_text_cstr(&first), orr_text_cstr(&second)) != 0) abort();
    orr_text_free(&first);
    orr_text_free(&second);
    orr_check_result_free(&result);
    orr_check_result_free(&again);
    return 0;
}
