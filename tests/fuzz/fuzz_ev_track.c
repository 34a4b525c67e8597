/* libFuzzer target: bytes as an EV track; what got in has to print as something that reads back to the same.
 */
#include <stdlib.h>
#include <string.h>

#include "render/ev_track.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    orr_ev_track track, again;
    orr_text text = {0};
    orr_error err = {0};
    if (orr_ev_track_parse((const char *)data, size, "track.json", 24, 1, &track, &err) != ORR_OK) {
        if (!err.message[0] || track.frames) abort();
        return 0;
    }
    orr_ev_track_print(&track, 24, 1, &text);
    if (orr_ev_track_parse(text.data, text.length, "track.json", 24, 1, &again, &err) != ORR_OK) abort();
    if (again.count != track.count || (track.count && again.first != track.first)) abort();
    for (uint32_t i = 0; i < track.count; i++) {
        const orr_frame_ev *a = &track.frames[i], *b = &again.frames[i];
        if (a->metered != b->metered || a->metered_ev100 != b->metered_ev100 ||
            a->applied_ev100 != b->applied_ev100)
            abort();
    }
    orr_ev_track_free(&track);
    orr_ev_track_free(&again);
    orr_text_free(&text);
    return 0;
}
