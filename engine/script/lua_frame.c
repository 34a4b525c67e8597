/* The frame that a regression scene's `expect` looks at: pixels, statistics of regions, edges, differences.
 */
#include "script/private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/compare.h"
#include "image/region.h"

enum { MAX_PICTURE_BYTES = 1 << 30, FAILURES_BYTES = 64 << 10, MESSAGE_BYTES = 4 << 10 };

static void frame_destroy(void *object) {
    orr_lua_frame *frame = object;
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) orr_image_free(&frame->frame.images[aov]);
}
static const char *frame_describe(const void *object) {
    return ((const orr_lua_frame *)object)->label;
}
const orr_lua_class orr_class_frame = {"frame",
                                       "A finished frame: of a regression scene, or of orrery.render. A "
                                       "script may keep it, and compare a later one with it.",
                                       sizeof(orr_lua_frame), frame_destroy, frame_describe};

orr_status orr_lua_frame_fill(orr_lua_frame *object, const orr_check_frame *frame, orr_error *err) {
    orr_image images[ORR_CHECK_AOV_COUNT] = {0};
    object->frame = *frame;
    memcpy(object->frame.images, images, sizeof images);
    orr_format(object->label, sizeof object->label, "%lld", (long long)frame->frame);
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) {
        if (!frame->images[aov].pixels) continue;
        orr_status status = orr_image_crop(&frame->images[aov], NULL, &object->frame.images[aov], err);
        if (status != ORR_OK) return status;
    }
    return ORR_OK;
}

static const orr_check_frame *frame_of(const orr_call *call) {
    return &((const orr_lua_frame *)call->self)->frame;
}

/* --- which pixels ---------------------------------------------------------------------------------- */

/* clang-format off */
static const orr_param_row region_rows[] = {
    {.name = "aov", .type = ORR_PARAM_ENUM, .def = "display", .choices = "display|beauty|albedo|N|Z|id", .doc = "Of which image: display is 0 to 1 as stored, beauty in nit, Z in metres, ids whole"},
    {.name = "channel", .type = ORR_PARAM_ENUM, .def = "luminance", .choices = "luminance|r|g|b|x|y|z|object|material|a", .doc = "Which of its channels; a, of beauty alone, is how much is covered; luminance is 0.2126 r + 0.7152 g + 0.0722 b of the values as they are, and the distance of Z"},
};
/* clang-format on */
enum { LUMINANCE, RED, FIRST_XYZ = 4, OBJECT = 7, ALPHA = 9 };
static const orr_check_aov row_aovs[] = {ORR_CHECK_DISPLAY, ORR_CHECK_BEAUTY, ORR_CHECK_ALBEDO,
                                         ORR_CHECK_N,       ORR_CHECK_Z,      ORR_CHECK_ID};
static const orr_param_table region_table = ORR_PARAM_TABLE(region_rows, "frame");
static const orr_param_table *region_options(const orr_call *call) {
    return (void)call, &region_table;
}
static const orr_lua_extra region_extras[] = {
    {"roi", "integer[]", "{x, y, width, height} in pixels from the top left; the whole frame when not given",
     false},
};
static const orr_lua_extra edge_extras[] = {
    {"from", "number[]", "{x, y} in pixels from the top left corner: where the line begins, on the flat",
     true},
    {"to", "number[]", "{x, y}: where it ends, beyond the edge", true},
    {"lines", "integer", "How many lines side by side, a pixel apart, are averaged; 1 when not given", false},
};

static const orr_image *captured(orr_call *call, orr_check_aov aov) {
    const orr_image *image = &frame_of(call)->images[aov];
    if (!image->pixels)
        orr_bind_fail(
            call, ORR_E_SCRIPT,
            "%s: '%s' was not captured: name it in aovs of orrery.check, or in pixels of orrery.render",
            call->row->name, orr_check_aov_name(aov));
    return image;
}

/* Index of the channel asked for; -1 is luminance. */
static int channel_of(orr_call *call, orr_check_aov aov) {
    int channel = (int)orr_call_number(call, "channel");
    if (aov == ORR_CHECK_Z && (channel == LUMINANCE || channel == FIRST_XYZ + 2)) return 0;
    if (aov == ORR_CHECK_BEAUTY && channel == ALPHA) return 3;
    if (aov == ORR_CHECK_ID && channel >= OBJECT && channel < ALPHA) return channel - OBJECT;
    if (aov == ORR_CHECK_N && channel >= FIRST_XYZ && channel < OBJECT) return channel - FIRST_XYZ;
    if (aov < ORR_CHECK_BEAUTY && aov != ORR_CHECK_ALBEDO)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: give the channel of %s: %s", call->row->name,
                      orr_check_aov_name(aov),
                      aov == ORR_CHECK_Z    ? "z"
                      : aov == ORR_CHECK_ID ? "object or material"
                                            : "x, y or z");
    if (channel >= FIRST_XYZ)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: the channels of %s are luminance, r, g and b%s",
                      call->row->name, orr_check_aov_name(aov), aov == ORR_CHECK_BEAUTY ? ", and a" : "");
    return channel == LUMINANCE ? -1 : channel - RED;
}

/* A value as scripts see it: integers of 8 bits as 0..1. */
static double value_at(const orr_image *image, uint32_t x, uint32_t y, uint32_t channel) {
    size_t i = ((size_t)y * image->width + x) * image->channels + channel;
    switch (image->type) {
    case ORR_PIXEL_U8:
        return ((const uint8_t *)image->pixels)[i] / 255.0;
    case ORR_PIXEL_U32:
        return ((const uint32_t *)image->pixels)[i];
    default:
        return (double)((const float *)image->pixels)[i];
    }
}

static orr_status make_luminance(const orr_image *image, orr_image *out, orr_error *err) {
    orr_status status = orr_image_create(image->width, image->height, 1, ORR_PIXEL_F32, out, err);
    for (uint32_t y = 0; status == ORR_OK && y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++)
            ((float *)out->pixels)[(size_t)y * image->width + x] =
                (float)(0.2126 * value_at(image, x, y, 0) + 0.7152 * value_at(image, x, y, 1) +
                        0.0722 * value_at(image, x, y, 2));
    return status;
}

/* What the options name: the frame's own image, or `owned` (freed by the caller) with its luminance. */
static const orr_image *chosen(orr_call *call, orr_image *owned, uint32_t *channel) {
    orr_check_aov aov = row_aovs[(int)orr_call_number(call, "aov")];
    const orr_image *image = captured(call, aov);
    int index = channel_of(call, aov);
    *channel = index < 0 ? 0 : (uint32_t)index;
    if (index >= 0) return image;
    orr_error err = {0};
    if (make_luminance(image, owned, &err) != ORR_OK) orr_bind_raise(call, &err);
    return owned;
}

/* `count` numbers of the list `name`, each from 0 up. */
static void read_list(orr_call *call, const char *name, int count, bool whole, double *out) {
    lua_State *L = call->L;
    int index = orr_call_extra(call, name);
    bool ok = lua_istable(L, index) && (int)lua_objlen(L, index) == count;
    for (int i = 0; ok && i < count; i++) {
        lua_rawgeti(L, index, i + 1);
        out[i] = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : -1;
        ok = out[i] >= 0 && out[i] <= 65536 && (!whole || out[i] - floor(out[i]) == 0);
        lua_pop(L, 1);
    }
    if (!ok)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: '%s' is %s", call->row->name, name,
                      count == 4 ? "{x, y, width, height}, whole numbers" : "{x, y} in pixels");
}

/* --- figures ---------------------------------------------------------------------------------------- */

static orr_region_figures figures(orr_call *call) {
    orr_image owned = {0};
    orr_roi roi = {0};
    orr_region_figures result = {0};
    orr_error err = {0};
    uint32_t channel = 0;
    if (orr_call_extra(call, "roi")) {
        double v[4];
        read_list(call, "roi", 4, true, v);
        roi = (orr_roi){(uint32_t)v[0], (uint32_t)v[1], (uint32_t)v[2], (uint32_t)v[3]};
        if (!roi.width || !roi.height)
            orr_bind_fail(call, ORR_E_SCRIPT, "%s: roi has no pixels", call->row->name);
    }
    const orr_image *image = chosen(call, &owned, &channel);
    orr_status status = orr_region_stats(image, &roi, channel, &result, &err);
    orr_image_free(&owned);
    if (status != ORR_OK) orr_bind_raise(call, &err);
    if (result.non_finite) /* a figure of the others would hide them */
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: %llu of %llu values are NaN or infinite", call->row->name,
                      (unsigned long long)result.non_finite, (unsigned long long)result.count);
    return result;
}

static int frame_mean(orr_call *call) {
    lua_pushnumber(call->L, figures(call).mean);
    return 1;
}
static int frame_variance(orr_call *call) {
    lua_pushnumber(call->L, figures(call).variance);
    return 1;
}
static int frame_min(orr_call *call) {
    lua_pushnumber(call->L, figures(call).min);
    return 1;
}
static int frame_max(orr_call *call) {
    lua_pushnumber(call->L, figures(call).max);
    return 1;
}

static int frame_edge_width(orr_call *call) {
    double from[2], to[2], width = 0;
    orr_error err = {0};
    orr_image owned = {0};
    uint32_t channel = 0;
    read_list(call, "from", 2, false, from);
    read_list(call, "to", 2, false, to);
    int lines = orr_call_extra(call, "lines");
    double count = lines ? lua_tonumber(call->L, lines) : 1;
    if (!(count >= 1 && count <= 1024))
        orr_bind_fail(call, ORR_E_SCRIPT, "frame:edge_width: lines is a number from 1 to 1024");
    const orr_edge_line line = {from[0], from[1], to[0], to[1], (uint32_t)count};
    const orr_image *image = chosen(call, &owned, &channel);
    orr_status status = orr_image_edge_width(image, &line, channel, &width, &err);
    orr_image_free(&owned);
    if (status != ORR_OK) orr_bind_raise(call, &err);
    lua_pushnumber(call->L, width);
    return 1;
}

static orr_check_aov aov_argument(orr_call *call) {
    int index = orr_call_extra(call, "aov");
    orr_param_value value;
    orr_error err = {0};
    if (!index) return ORR_CHECK_DISPLAY;
    if (orr_bind_value(call->L, index, &region_rows[0], &value, &err) != ORR_OK)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: %s", call->row->name, err.message);
    return row_aovs[(int)value.number[0]];
}

static int frame_pixel(orr_call *call) {
    const orr_image *image = captured(call, aov_argument(call));
    double x = lua_tonumber(call->L, orr_call_extra(call, "x")),
           y = lua_tonumber(call->L, orr_call_extra(call, "y"));
    if (!(x >= 0 && x < image->width && y >= 0 && y < image->height))
        orr_bind_fail(call, ORR_E_SCRIPT, "frame:pixel: (%g, %g) lies outside of %ux%u pixels", x, y,
                      image->width, image->height);
    for (uint32_t c = 0; c < image->channels; c++)
        lua_pushnumber(call->L, value_at(image, (uint32_t)x, (uint32_t)y, c));
    return (int)image->channels;
}

/* --- how far from another --------------------------------------------------------------------------- */

static orr_status read_picture(orr_call *call, const char *name, orr_image *out, orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_status status = orr_script_read(call->script, ORR_READ_OTHER, call->script->folder, name,
                                        MAX_PICTURE_BYTES, &data, &size, err);
    if (status == ORR_OK) status = orr_image_decode(data, size, name, 3, NULL, out, err);
    free(data);
    return status;
}

static int frame_flip(orr_call *call) {
    orr_check_aov aov = aov_argument(call);
    if (aov != ORR_CHECK_DISPLAY && aov != ORR_CHECK_BEAUTY)
        orr_bind_fail(call, ORR_E_SCRIPT, "frame:flip compares pictures: display or beauty");
    const orr_image *image = captured(call, aov);
    int index = orr_call_extra(call, "other");
    const orr_lua_frame *other = orr_bind_object(call->L, index, &orr_class_frame);
    orr_image read = {0};
    orr_error err = {0};
    orr_compare_result result = {0};
    orr_status status = ORR_OK;
    if (other && !other->frame.images[aov].pixels)
        orr_bind_fail(call, ORR_E_SCRIPT, "frame:flip: the other frame has no %s", orr_check_aov_name(aov));
    if (!other && (lua_type(call->L, index) != LUA_TSTRING || aov != ORR_CHECK_DISPLAY))
        orr_bind_fail(call, ORR_E_SCRIPT,
                      "frame:flip: 'other' is a frame, or, for display, the name of a PNG");
    if (!other) status = read_picture(call, lua_tostring(call->L, index), &read, &err);
    if (status == ORR_OK)
        status = orr_compare(other ? &other->frame.images[aov] : &read, image, &(orr_compare_params){0},
                             &result, &err);
    orr_image_free(&read);
    if (status != ORR_OK) orr_bind_raise(call, &err);
    orr_compare_result_free(&result);
    if (isinf(result.max)) /* FLIP sees 0 there */
        orr_bind_fail(call, ORR_E_SCRIPT, "frame:flip: a NaN or infinity stands against a number");
    lua_pushnumber(call->L, result.flip);
    return 1;
}

/* --- assertions -------------------------------------------------------------------------------------- */

/* Notes a failure and goes on: one run of `expect` tells all that is wrong. */
static void note(orr_call *call, const char *message) {
    char where[600];
    orr_text *failures = call->script->check ? call->script->check->failures : NULL;
    if (!failures)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s is for `expect` of orrery.check, while it runs",
                      call->row->name);
    if (failures->length > FAILURES_BYTES) return; /* it failed, and why is known */
    orr_bind_where(call->L, where, sizeof where);
    orr_text_printf(failures, "%s: ", where);
    for (const char *c = message; *c && c < message + MESSAGE_BYTES; c++)
        orr_text_append(failures, *c == '\n' ? " " : c, 1);
    orr_text_puts(failures, "\n");
}

static int frame_near(orr_call *call) {
    lua_State *L = call->L;
    double value = lua_tonumber(L, orr_call_extra(call, "value")),
           expected = lua_tonumber(L, orr_call_extra(call, "expected")),
           tolerance = lua_tonumber(L, orr_call_extra(call, "tolerance"));
    int what = orr_call_extra(call, "what");
    bool near = fabs(value - expected) <= tolerance;
    if (!near) {
        char message[600];
        orr_format(message, sizeof message, "%.400s is %.9g, not %.9g within %.9g",
                   what ? lua_tostring(L, what) : "a value", value, expected, tolerance);
        note(call, message);
    }
    lua_pushboolean(L, near);
    return 1;
}

static int frame_expect(orr_call *call) {
    lua_State *L = call->L;
    bool held = lua_toboolean(L, 2);
    int message = orr_call_extra(call, "message");
    if (!held) note(call, message ? lua_tostring(L, message) : "an expectation does not hold");
    lua_pushboolean(L, held);
    return 1;
}

/* --- fields ------------------------------------------------------------------------------------------- */

static int field(orr_call *call, double value) {
    lua_pushnumber(call->L, value);
    return 1;
}
static int frame_number(orr_call *call) {
    return field(call, (double)frame_of(call)->frame);
}
static int frame_t(orr_call *call) {
    return field(call, frame_of(call)->t_s);
}
static int frame_exposure(orr_call *call) {
    return field(call, frame_of(call)->exposure);
}
static int frame_ev100(orr_call *call) {
    return field(call, frame_of(call)->ev100);
}
static int frame_width(orr_call *call) {
    return field(call, frame_of(call)->width);
}
static int frame_height(orr_call *call) {
    return field(call, frame_of(call)->height);
}

static const orr_lua_extra
    pixel_args[] = {{"x", "integer", "Column, from 0 at the left", true},
                    {"y", "integer", "Row, from 0 at the top", true},
                    {"aov", "string", "display, beauty, albedo, N, Z or id; display when not given", false}},
    flip_args[] = {{"other", "frame|string", "A frame kept from before, or a PNG seen from the script", true},
                   {"aov", "string", "display or beauty; display when not given", false}},
    near_args[] = {{"value", "number", "What was measured", true},
                   {"expected", "number", "What it should be", true},
                   {"tolerance", "number", "How far it may be off", true},
                   {"what", "string", "What it is, for the message", false}},
    expect_args[] = {{"condition", "any", "What should hold", false},
                     {"message", "string", "What it means when it does not", false}};

#define SCENE                                                                                                \
    "local scene = orrery.scene()\nscene:environment{ source = \"constant\", luminance_nit = 3000 }\n"       \
    "return orrery.sequence{ scene = scene, camera = scene:camera{}, size = {64, 36}, samples = 1 }"
#define EXAMPLE(aovs, body)                                                                                  \
    "orrery.check{ aovs = { " aovs " }, expect = function(frame)\n  " body "\nend }\n" SCENE

static const orr_lua_row rows[] = {
    {.name = "frame:pixel",
     .call = frame_pixel,
     ORR_LUA_ARGS(pixel_args),
     .doc = "The components of one pixel.",
     .returns = "number ... as many as the image has",
     .example = EXAMPLE("\"display\"", "local r, g, b = frame:pixel(32, 18)\n  frame:expect(r == g and g == "
                                       "b, \"an even grey\")")},
    {.name = "frame:mean",
     .call = frame_mean,
     .options = region_options,
     ORR_LUA_EXTRAS(region_extras),
     .doc = "Mean of a region.",
     .returns = "number mean",
     .example = EXAMPLE("\"beauty\"", "frame:near(frame:mean{ aov = \"beauty\", roi = {16, 9, 32, 18} }, "
                                      "3000, 3, \"the sky, in nit\")")},
    {.name = "frame:variance",
     .call = frame_variance,
     .options = region_options,
     ORR_LUA_EXTRAS(region_extras),
     .doc = "Variance of a region: what is flat, and how much noise there is.",
     .returns = "number variance",
     .example = EXAMPLE("\"display\"", "frame:near(frame:variance{}, 0, 1e-9, \"variance of an even sky\")")},
    {.name = "frame:min",
     .call = frame_min,
     .options = region_options,
     ORR_LUA_EXTRAS(region_extras),
     .doc = "Least value of a region.",
     .returns = "number min",
     .example = EXAMPLE("\"display\"", "frame:expect(frame:min{} > 0, \"no black pixel\")")},
    {.name = "frame:max",
     .call = frame_max,
     .options = region_options,
     ORR_LUA_EXTRAS(region_extras),
     .doc = "Greatest value of a region.",
     .returns = "number max",
     .example = EXAMPLE("\"display\"", "frame:expect(frame:max{ channel = \"r\" } <= 1, \"in range\")")},
    {.name = "frame:edge_width",
     .call = frame_edge_width,
     .options = region_options,
     ORR_LUA_EXTRAS(edge_extras),
     .doc = "How wide an edge is that a line crosses, in pixels from 10 to 90 % of the step: what is sharp. "
            "An error where there is no edge.",
     .returns = "number pixels",
     .example = EXAMPLE("\"display\"",
                        "assert(not pcall(frame.edge_width, frame, { from = {4, 18}, to = {60, 18} }))")},
    {.name = "frame:flip",
     .call = frame_flip,
     ORR_LUA_ARGS(flip_args),
     .doc = "Mean FLIP, 0 to 1, between this frame and another: how different the two look.",
     .returns = "number flip",
     .example = EXAMPLE("\"display\"", "frame:expect(frame:flip(frame) == 0, \"as itself\")")},
    {.name = "frame:near",
     .call = frame_near,
     ORR_LUA_ARGS(near_args),
     .doc = "Notes a failure, with the line and both numbers, unless value is within tolerance of expected; "
            "goes on either way.",
     .returns = "boolean near",
     .example = EXAMPLE("\"display\"", "frame:near(frame:max{} - frame:min{}, 0, 1e-9, \"spread\")")},
    {.name = "frame:expect",
     .call = frame_expect,
     ORR_LUA_ARGS(expect_args),
     .doc = "Notes a failure, with the line, unless the condition holds; goes on either way. `assert` and "
            "`error` note one too, and end `expect`.",
     .returns = "boolean held",
     .example = EXAMPLE("\"display\"", "frame:expect(frame.width == 64, \"64 pixels wide\")")},
    {.name = "frame.number",
     .call = frame_number,
     .flags = ORR_LUA_FIELD,
     .doc = "Its number.",
     .returns = "integer number",
     .example = EXAMPLE("\"display\"", "assert(frame.number == 0)")},
    {.name = "frame.t",
     .call = frame_t,
     .flags = ORR_LUA_FIELD,
     .doc = "Its time in seconds.",
     .returns = "number seconds",
     .example = EXAMPLE("\"display\"", "assert(frame.t == 0)")},
    {.name = "frame.exposure",
     .call = frame_exposure,
     .flags = ORR_LUA_FIELD,
     .doc = "What nit were multiplied by.",
     .returns = "number per_nit",
     .example = EXAMPLE("\"display\"", "assert(frame.exposure > 0)")},
    {.name = "frame.ev100",
     .call = frame_ev100,
     .flags = ORR_LUA_FIELD,
     .doc = "Its exposure value at ISO 100.",
     .returns = "number ev",
     .example = EXAMPLE("\"display\"", "assert(frame.ev100 > 0)")},
    {.name = "frame.width",
     .call = frame_width,
     .flags = ORR_LUA_FIELD,
     .doc = "Width in pixels.",
     .returns = "integer pixels",
     .example = EXAMPLE("\"display\"", "assert(frame.width == 64)")},
    {.name = "frame.height",
     .call = frame_height,
     .flags = ORR_LUA_FIELD,
     .doc = "Height in pixels.",
     .returns = "integer pixels",
     .example = EXAMPLE("\"display\"", "assert(frame.height == 36)")},
};
static const orr_lua_class *const classes[] = {&orr_class_frame, NULL};
const orr_lua_group orr_lua_frame_group = ORR_LUA_GROUP("Frames to look at", rows, classes);
