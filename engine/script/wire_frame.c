/* A finished frame as a message: for the assertions of a bundle's regression scene. */
#include <stdlib.h>
#include <string.h>

#include "script/remote.h"

void orr_frame_put(const orr_check_frame *frame, orr_text *out) {
    orr_wire_put_f64(out, (double)frame->frame);
    orr_wire_put_f64(out, frame->t_s);
    orr_wire_put_f64(out, frame->exposure);
    orr_wire_put_f64(out, frame->ev100);
    orr_wire_put_u32(out, frame->width);
    orr_wire_put_u32(out, frame->height);
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) {
        const orr_image *image = &frame->images[aov];
        orr_wire_put_u32(out, image->pixels ? image->channels : 0);
        if (!image->pixels) continue;
        orr_wire_put_u32(out, image->width);
        orr_wire_put_u32(out, image->height);
        orr_wire_put_u32(out, image->type);
        orr_wire_put_u32(out, image->srgb);
        orr_wire_put_bytes(out, image->pixels, image->size_bytes);
    }
}

static orr_status get_image(orr_wire_reader *reader, orr_image *image, orr_error *err) {
    uint32_t channels = orr_wire_get_index(reader, 5, "channels");
    if (!channels) return ORR_OK;
    uint32_t width = orr_wire_get_index(reader, 65537, "pixels"),
             height = orr_wire_get_index(reader, 65537, "pixels");
    orr_pixel_type type = (orr_pixel_type)orr_wire_get_index(reader, ORR_PIXEL_U32 + 1, "types of pixels");
    bool srgb = orr_wire_get_bool(reader);
    size_t size = (size_t)width * height * channels * orr_pixel_bytes(type);
    const void *pixels = orr_wire_get_bytes(reader, size);
    if (!pixels) return ORR_OK;
    orr_status status = orr_image_create(width, height, channels, type, image, err);
    if (status == ORR_OK) memcpy(image->pixels, pixels, size);
    image->srgb = srgb;
    return status;
}

orr_status orr_frame_get(orr_wire_reader *reader, orr_check_frame *frame, orr_error *err) {
    orr_status status = ORR_OK;
    *frame = (orr_check_frame){0};
    frame->frame = (int64_t)orr_wire_get_number(reader, -1e15, 1e15);
    frame->t_s = orr_wire_get_f64(reader);
    frame->exposure = orr_wire_get_f64(reader);
    frame->ev100 = orr_wire_get_f64(reader);
    frame->width = orr_wire_get_index(reader, 65537, "pixels");
    frame->height = orr_wire_get_index(reader, 65537, "pixels");
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT && status == ORR_OK; aov++)
        status = get_image(reader, &frame->images[aov], err);
    return status;
}

void orr_frame_free(orr_check_frame *frame) {
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) orr_image_free(&frame->images[aov]);
}
