/* orrery.dem, orrery.model_info, orrery.hdri_info, orrery.image_diff: questions about files. */
#include "script/private.h"

#include <math.h>
#include <stdlib.h>

#include "base/platform/platform.h"
#include "image/compare.h"
#include "image/hdri.h"

typedef struct orr_lua_dem {
    const orr_dem *dem;
} orr_lua_dem; /* the engine's assets own it */
const orr_lua_class orr_class_dem = {"dem", "An elevation model.", sizeof(orr_lua_dem), NULL, NULL};

static orr_asset wait_for(orr_call *call, orr_asset_kind kind) {
    orr_assets *assets = orr_engine_assets(call->script->engine);
    orr_asset asset = {0};
    orr_error err = {0};
    orr_script_pause(call->script);
    orr_status status = orr_assets_load(assets, kind, lua_tostring(call->L, orr_call_extra(call, "path")),
                                        NULL, &asset, &err);
    if (status == ORR_OK) status = orr_assets_wait(assets, asset, &err);
    orr_script_resume(call->script);
    if (status != ORR_OK) orr_bind_raise_data(call, &err);
    return asset;
}

static int dem_new(orr_call *call) {
    orr_asset asset = wait_for(call, ORR_ASSET_DEM);
    ((orr_lua_dem *)orr_bind_new(call, &orr_class_dem))->dem =
        orr_assets_dem(orr_engine_assets(call->script->engine), asset);
    return 1;
}

static int dem_height(orr_call *call) {
    const orr_dem *dem = ((orr_lua_dem *)call->self)->dem;
    double column = lua_tonumber(call->L, orr_call_extra(call, "column")),
           row = lua_tonumber(call->L, orr_call_extra(call, "row"));
    if (!(column >= 0 && column < dem->width && row >= 0 && row < dem->height))
        orr_bind_fail(call, ORR_E_SCRIPT,
                      "dem:height: %g, %g is not a sample: columns are 0 to %u, rows 0 to %u", column, row,
                      dem->width - 1, dem->height - 1);
    float height = dem->heights_m[(size_t)row * dem->width + (size_t)column];
    if (isnan(height))
        lua_pushnil(call->L);
    else
        lua_pushnumber(call->L, (double)height);
    return 1;
}

#define DEM_FIELD(name, field)                                                                               \
    static int name(orr_call *call) {                                                                        \
        return lua_pushnumber(call->L, (double)((orr_lua_dem *)call->self)->dem->field), 1;                  \
    }
DEM_FIELD(dem_width, width)
DEM_FIELD(dem_rows, height)
DEM_FIELD(dem_min, min_m)
DEM_FIELD(dem_max, max_m)
DEM_FIELD(dem_spacing_x, spacing_x_m)
DEM_FIELD(dem_spacing_y, spacing_y_m)
DEM_FIELD(dem_nodata, nodata_count)
static int dem_crs(orr_call *call) {
    return lua_pushstring(call->L, ((orr_lua_dem *)call->self)->dem->crs), 1;
}

static void set_count(lua_State *L, const char *name, double value) {
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

static int model_info(orr_call *call) {
    lua_State *L = call->L;
    orr_asset asset = wait_for(call, ORR_ASSET_MODEL);
    const orr_model *model = orr_assets_model(orr_engine_assets(call->script->engine), asset);
    lua_newtable(L);
    set_count(L, "triangles", (double)model->triangle_count);
    set_count(L, "meshes", model->mesh_count);
    set_count(L, "materials", model->material_count);
    set_count(L, "images", model->image_count);
    set_count(L, "nodes", model->node_count);
    set_count(L, "skins", model->skin_count);
    set_count(L, "cameras", model->camera_count);
    set_count(L, "lights", model->light_count);
    lua_createtable(L, (int)model->animation_count, 0);
    for (uint32_t i = 0; i < model->animation_count; i++) {
        lua_newtable(L);
        lua_pushstring(L, model->animations[i].name);
        lua_setfield(L, -2, "name");
        set_count(L, "duration_s", model->animations[i].duration_s);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "animations");
    return 1;
}

/* --- environment maps ------------------------------------------------------------------------------ */

/* clang-format off */
static const orr_param_row hdri_rows[] = {
    {.name = "neutralize_sun", .type = ORR_PARAM_BOOL, .def = "false", .doc = "Take the sun out, and tell of it"},
    {.name = "gain", .type = ORR_PARAM_F64, .def = "1", .min = "0", .doc = "nit for a stored value of 1; give this or target_lx"},
    {.name = "target_lx", .type = ORR_PARAM_F64, .def = "20000", .min = "0", .doc = "Scale so that the upper hemisphere, without a sun that is taken out, gives this illuminance"},
    {.name = "rotation_deg", .type = ORR_PARAM_F64, .def = "0", .doc = "Turn about the vertical, clockwise seen from above: added to the sun's azimuth"},
};
/* clang-format on */
static const orr_param_table hdri_table = ORR_PARAM_TABLE(hdri_rows, "hdri_info");
static const orr_param_table *hdri_options(const orr_call *call) {
    return (void)call, &hdri_table;
}

/* The options of scene:sun that stand for what was taken out. */
static void push_sun(orr_call *call, const orr_hdri_sun *sun, double factor) {
    lua_State *L = call->L;
    double azimuth = fmod(sun->azimuth_deg + orr_call_number(call, "rotation_deg"), 360.0);
    lua_newtable(L);
    set_count(L, "azimuth_deg", azimuth < 0.0 ? azimuth + 360.0 : azimuth);
    set_count(L, "elevation_deg", sun->elevation_deg);
    set_count(L, "illuminance_lx", sun->illuminance * factor);
    set_count(L, "angular_diameter_deg", sun->angular_diameter_deg);
    lua_createtable(L, 3, 0);
    for (int c = 0; c < 3; c++) lua_pushnumber(L, sun->colour[c]), lua_rawseti(L, -2, c + 1);
    lua_setfield(L, -2, "colour");
}

typedef struct hdri_facts {
    uint32_t width, height;
    orr_hdri_figures whole, left;
    orr_hdri_sun sun;
} hdri_facts;

static orr_status study(orr_call *call, orr_asset asset, bool neutralize, hdri_facts *facts, orr_error *err) {
    orr_assets *assets = orr_engine_assets(call->script->engine);
    orr_image map = {0};
    const char *name = orr_assets_path(assets, asset);
    orr_status status = orr_assets_restore_pixels(assets, asset, err);
    if (status == ORR_OK)
        status = orr_hdri_open(orr_assets_image(assets, asset), name, &map, &facts->whole, err);
    if (status != ORR_OK) return status;
    facts->width = map.width, facts->height = map.height, facts->left = facts->whole;
    if (neutralize) status = orr_hdri_neutralize(&map, name, &facts->left, &facts->sun, err);
    orr_image_free(&map);
    return status;
}

static int hdri_info(orr_call *call) {
    lua_State *L = call->L;
    bool neutralize = orr_call_number(call, "neutralize_sun") > 0.0,
         by_target = orr_call_given(call, "target_lx");
    if (by_target && orr_call_given(call, "gain"))
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.hdri_info has both gain and target_lx: give one of them");
    orr_asset asset = wait_for(call, ORR_ASSET_IMAGE);
    hdri_facts facts;
    orr_error err = {0};
    orr_script_pause(call->script);
    orr_status status = study(call, asset, neutralize, &facts, &err);
    orr_script_resume(call->script);
    if (status != ORR_OK) orr_bind_raise_data(call, &err);
    double factor = orr_hdri_factor(&facts.left, orr_call_number(call, "gain"),
                                    by_target ? orr_call_number(call, "target_lx") : 0.0);
    lua_newtable(L);
    set_count(L, "width", facts.width);
    set_count(L, "height", facts.height);
    set_count(L, "gain", factor);
    set_count(L, "illuminance_lx", facts.whole.illuminance * factor);
    set_count(L, "ambient_lx", facts.left.illuminance * factor);
    set_count(L, "peak_nit", facts.whole.peak * factor);
    set_count(L, "negative_values", (double)facts.whole.negative);
    if (neutralize) push_sun(call, &facts.sun, factor), lua_setfield(L, -2, "sun");
    return 1;
}

/* --- comparing images ---------------------------------------------------------------------------- */

static orr_status read_image(orr_script *script, const char *path, orr_image *image, orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_status status =
        orr_script_read(script, ORR_READ_OTHER, "", path, UINT64_C(2) << 30, &data, &size, err);
    if (status == ORR_OK) status = orr_image_decode(data, size, path, 0, NULL, image, err);
    free(data);
    return status;
}

static int image_diff(orr_call *call) {
    lua_State *L = call->L;
    orr_image a = {0}, b = {0};
    orr_compare_result result = {0};
    orr_error err = {0};
    orr_script_pause(call->script);
    orr_status status =
        read_image(call->script, lua_tostring(L, orr_call_extra(call, "reference")), &a, &err);
    if (status == ORR_OK)
        status = read_image(call->script, lua_tostring(L, orr_call_extra(call, "test")), &b, &err);
    if (status == ORR_OK) status = orr_compare(&a, &b, &(orr_compare_params){0}, &result, &err);
    orr_script_resume(call->script);
    orr_image_free(&a);
    orr_image_free(&b);
    orr_compare_result_free(&result);
    if (status != ORR_OK) orr_bind_raise_data(call, &err);
    lua_newtable(L);
    set_count(L, "max", result.max);
    set_count(L, "psnr", result.psnr_db);
    set_count(L, "ssim", result.ssim);
    set_count(L, "flip", result.flip);
    return 1;
}

static const orr_lua_extra path_args[] = {
    {"path", "string", "The file, relative to the script, then to content/", true}};
static const orr_lua_extra hdri_extras[] = {
    {"path", "string", "A latitude-longitude map (.hdr, .exr), relative to the script, then to content/",
     true}};
static const orr_lua_extra sample_args[] = {{"column", "integer", "From 0, west to east", true},
                                            {"row", "integer", "From 0, north to south", true}};
static const orr_lua_extra diff_args[] = {
    {"reference", "string", "An image file: PNG, JPEG, HDR or EXR", true},
    {"test", "string", "Another, of the same size", true}};

#define DEM_EXAMPLE(field) "local dem = orrery.dem(\"dem/jacksboro_fault.tif\")\nprint(dem." field ")"
#define DEM_ROW(field, function, words, type)                                                                \
    {                                                                                                        \
        .name = "dem." field, .call = function, .flags = ORR_LUA_FIELD, .doc = words, .returns = type,       \
        .example = DEM_EXAMPLE(field)                                                                        \
    }

static const orr_lua_row rows[] = {
    {.name = "orrery.dem",
     .call = dem_new,
     ORR_LUA_ARGS(path_args),
     .doc = "Reads an elevation model.",
     .returns = "dem the model",
     .example = "local dem = orrery.dem(\"dem/jacksboro_fault.tif\")\nprint(dem.width, dem.rows, dem.min_m, "
                "dem.max_m, dem.crs)"},
    {.name = "dem:height",
     .call = dem_height,
     ORR_LUA_ARGS(sample_args),
     .doc = "One sample in metres; nil where there is no data.",
     .returns = "number? metres",
     .example = "local dem = orrery.dem(\"dem/jacksboro_fault.tif\")\nassert(dem:height(0, 0) >= dem.min_m)"},
    DEM_ROW("width", dem_width, "Samples from west to east.", "integer samples"),
    DEM_ROW("rows", dem_rows, "Samples from north to south.", "integer samples"),
    DEM_ROW("min_m", dem_min, "The lowest sample.", "number metres"),
    DEM_ROW("max_m", dem_max, "The highest sample.", "number metres"),
    DEM_ROW("spacing_x_m", dem_spacing_x, "Ground distance between columns.", "number metres"),
    DEM_ROW("spacing_y_m", dem_spacing_y, "Ground distance between rows.", "number metres"),
    DEM_ROW("nodata_count", dem_nodata, "How many samples have no data.", "integer samples"),
    DEM_ROW("crs", dem_crs, "Its coordinate system, \"EPSG:4326\"; \"\" when the file does not say.",
            "string crs"),
    {.name = "orrery.model_info",
     .call = model_info,
     ORR_LUA_ARGS(path_args),
     .doc = "Counts of what is in a glTF file, and its animations.",
     .returns = "table counts",
     .example = "local info = orrery.model_info(\"models/tetrahedron.gltf\")\nassert(info.triangles == 4)"},
    {.name = "orrery.hdri_info",
     .call = hdri_info,
     .options = hdri_options,
     ORR_LUA_EXTRAS(hdri_extras),
     .doc = "What a map gives as scene:environment uses it with these options: width, height, gain (nit for "
            "a stored 1), illuminance_lx of "
            "a plane facing up, ambient_lx (the same without the sun), peak_nit, negative_values (how many "
            "count as 0), and with "
            "neutralize_sun what was taken out as sun, a table that scene:sun takes as it is.",
     .returns = "table figures",
     .example = "local info = orrery.hdri_info{ path = \"hdri/studio.hdr\", target_lx = 20000 "
                "}\nassert(info.width == 2 * info.height and "
                "math.abs(info.illuminance_lx - 20000) < 1)"},
    {.name = "orrery.image_diff",
     .call = image_diff,
     .flags = ORR_LUA_HOST,
     ORR_LUA_ARGS(diff_args),
     .doc = "How far two images lie apart: {max=, psnr=, ssim=, flip=}, as `orrery diff` prints. Paths are "
            "relative to the current folder.",
     .returns = "table figures",
     .example = "local scene = orrery.scene()\n"
                "scene:environment{}\n"
                "local shot = orrery.sequence{ scene = scene, camera = scene:camera{}, size = {64, 36}, "
                "samples = 1 }\n"
                "orrery.render{ sequence = shot, out = \"sky.png\" }\n"
                "assert(orrery.image_diff(\"sky.png\", \"sky.png\").flip == 0)"},
};
static const orr_lua_class *const classes[] = {&orr_class_dem, NULL};
const orr_lua_group orr_lua_assets_group = ORR_LUA_GROUP("Files", rows, classes);
