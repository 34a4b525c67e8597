/* orrery.scene and the methods of scenes: scene:group … scene:environment, scene:material. */
#include "script/private.h"

#include <string.h>

#include "base/text.h"

const orr_lua_class orr_class_scene = {"scene", "A world: nodes, materials, lights and cameras.",
                                       sizeof(orr_lua_scene), NULL, NULL};
const orr_lua_class orr_class_material = {"material", "How a surface looks.", sizeof(orr_lua_material), NULL,
                                          NULL};

/* --- scenes -------------------------------------------------------------------------------------- */

orr_status orr_script_add_scene(orr_script *script, orr_script_scene **out, orr_error *err) {
    orr_script_scene *scene = ORR_ARENA_NEW(&script->arena, orr_script_scene, 1);
    if (!scene) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a scene");
    uint32_t number = 1;
    for (const orr_script_scene *s = script->scenes; s; s = s->next) number++;
    char name[32];
    if (number == 1)
        orr_format(name, sizeof name, "main");
    else
        orr_format(name, sizeof name, "scene_%u", number);
    orr_scene_params params = {.name = orr_arena_strdup(&script->arena, name),
                               .assets = orr_engine_assets(script->engine),
                               .space = orr_engine_space(script->engine),
                               .app_root = orr_engine_app_root(script->engine)};
    orr_status status = orr_scene_create(&params, &scene->scene, err);
    if (status != ORR_OK) return status;
    scene->tail = &scene->tracks;
    scene->next = script->scenes;
    script->scenes = *out = scene;
    return ORR_OK;
}

static int scene_new(orr_call *call) {
    orr_lua_scene *object = orr_bind_new(call, &orr_class_scene);
    orr_error err = {0};
    if (orr_script_add_scene(call->script, &object->scene, &err) != ORR_OK) orr_bind_raise(call, &err);
    return 1;
}

/* --- nodes --------------------------------------------------------------------------------------- */

/* In a cage, so that the process that renders can load it too. */
static void note(orr_call *call, orr_asset asset, orr_asset_kind kind, const char *path,
                 const orr_param_value *dem) {
    orr_script *script = call->script;
    for (const orr_script_asset *known = script->loads; known; known = known->next)
        if (known->asset.id == asset.id) return;
    orr_script_asset *load = ORR_ARENA_NEW(&script->arena, orr_script_asset, 1);
    const char *kept = orr_arena_strdup(&script->arena, path);
    if (!load || !kept) orr_bind_fail(call, ORR_E_MEMORY, "no memory for a file's name");
    *load = (orr_script_asset){.asset = asset, .kind = kind, .path = kept};
    for (int i = 0; dem && i < ORR_DEM_ROWS; i++) {
        load->dem[i] = dem[i];
        if (dem[i].text && !(load->dem[i].text = orr_arena_strdup(&script->arena, dem[i].text)))
            orr_bind_fail(call, ORR_E_MEMORY, "no memory for a file's name");
    }
    *(script->loads_end ? script->loads_end : &script->loads) = load;
    script->loads_end = &load->next;
    script->load_count++;
}

/* `dem`: values of orr_dem_table, of an elevation model. */
static orr_asset load(orr_call *call, orr_asset_kind kind, const char *path, const orr_param_value *dem) {
    orr_asset asset = {0};
    orr_error err = {0};
    orr_dem_params params = dem ? orr_dem_options(dem) : (orr_dem_params){0};
    if (orr_assets_load(orr_engine_assets(call->script->engine), kind, path, dem ? &params : NULL, &asset,
                        &err) != ORR_OK)
        orr_bind_raise_data(call, &err);
    if (call->script->cage) note(call, asset, kind, path, dem);
    return asset;
}

static orr_lua_node *new_node(orr_call *call, orr_node_kind kind) {
    lua_State *L = call->L;
    orr_lua_scene *scene = call->self;
    int parent_at = orr_call_extra(call, "parent"), name_at = orr_call_extra(call, "name");
    const orr_lua_node *parent = parent_at ? orr_bind_object(L, parent_at, &orr_class_node) : NULL;
    if (parent && parent->scene != scene->scene)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: 'parent' is a node of another scene", call->row->name);
    orr_lua_node *node = orr_bind_new(call, &orr_class_node);
    node->scene = scene->scene;
    node->kind = kind;
    orr_error err = {0};
    if (orr_scene_node(scene->scene->scene, kind, name_at ? lua_tostring(L, name_at) : NULL,
                       parent ? parent->node : (orr_node){0}, &node->node, &err) != ORR_OK)
        orr_bind_raise(call, &err);
    char where[512];
    orr_bind_where(L, where, sizeof where);
    if (orr_node_set_where(scene->scene->scene, node->node, where, &err) != ORR_OK)
        orr_bind_raise(call, &err);
    return node;
}

static void set_asset(orr_call *call, const orr_lua_node *node, orr_asset asset) {
    orr_error err = {0};
    if (orr_node_set_asset(node->scene->scene, node->node, asset, &err) != ORR_OK) orr_bind_raise(call, &err);
}

static int plain_node(orr_call *call, orr_node_kind kind) {
    orr_lua_node *node = new_node(call, kind);
    orr_node_apply(call, node);
    return 1; /* orr_node_apply leaves the stack as it was: the node is on top */
}

static int scene_group(orr_call *call) {
    return plain_node(call, ORR_NODE_GROUP);
}
static int scene_sun(orr_call *call) {
    return plain_node(call, ORR_NODE_SUN);
}
static int scene_point(orr_call *call) {
    return plain_node(call, ORR_NODE_POINT);
}
static int scene_spot(orr_call *call) {
    return plain_node(call, ORR_NODE_SPOT);
}
static int scene_directional(orr_call *call) {
    return plain_node(call, ORR_NODE_DIRECTIONAL);
}
static int scene_area(orr_call *call) {
    return plain_node(call, ORR_NODE_AREA);
}
static int scene_moon(orr_call *call) {
    return plain_node(call, ORR_NODE_MOON);
}
static int scene_atmosphere(orr_call *call) {
    return plain_node(call, ORR_NODE_ATMOSPHERE);
}
static int scene_camera(orr_call *call) {
    return plain_node(call, ORR_NODE_CAMERA);
}

static int scene_model(orr_call *call) {
    orr_lua_node *node = new_node(call, ORR_NODE_MODEL);
    orr_node_apply(call, node);
    set_asset(call, node, load(call, ORR_ASSET_MODEL, orr_call_text(call, "path"), NULL));
    return 1;
}

/* Visible, and not by a function of time. */
static bool always_visible(const orr_lua_node *terrain, orr_node node) {
    int32_t row = orr_param_find(orr_node_table(ORR_NODE_TERRAIN), "visible");
    orr_param_value value = {0};
    for (const orr_script_track *t = terrain->scene->tracks; t; t = t->next)
        if (t->track.node.id == node.id && t->row == (uint32_t)row) return false;
    return orr_node_get(terrain->scene->scene, node, (uint32_t)row, &value, NULL) == ORR_OK &&
           value.number[0] != 0;
}

/* One terrain at a time can be drawn: said here, where the line is known, rather than at the first frame. */
static void check_alone(orr_call *call, const orr_lua_node *terrain) {
    if (!always_visible(terrain, terrain->node)) return;
    for (orr_node other = {0}; orr_scene_next(terrain->scene->scene, ORR_NODE_TERRAIN, &other);)
        if (other.id != terrain->node.id && always_visible(terrain, other))
            orr_bind_fail(call, ORR_E_SCRIPT,
                          "scene:terrain: the scene has a visible terrain already, and one at a time can be "
                          "drawn: give one of them visible = false");
}

static int scene_terrain(orr_call *call) {
    if (!orr_call_text(call, "dem")[0])
        orr_bind_fail(call, ORR_E_SCRIPT, "scene:terrain needs 'dem': the elevation model");
    orr_lua_node *node = new_node(call, ORR_NODE_TERRAIN);
    orr_node_apply(call, node);
    check_alone(call, node);
    orr_param_value dem[ORR_DEM_ROWS];
    for (int i = 0; i < ORR_DEM_ROWS; i++) dem[i] = orr_call_option(call, orr_dem_table.rows[i].name)->value;
    set_asset(call, node, load(call, ORR_ASSET_DEM, orr_call_text(call, "dem"), dem));
    return 1;
}

orr_dem_params orr_dem_options(const orr_param_value values[ORR_DEM_ROWS]) {
    const char *array = values[ORR_DEM_ARRAY].text;
    return (orr_dem_params){.spacing_m = values[ORR_DEM_SPACING].number[0],
                            .height_scale = values[ORR_DEM_SCALE].number[0],
                            .array = array && array[0] ? array : NULL};
}

static int scene_environment(orr_call *call) {
    orr_lua_node *node = new_node(call, ORR_NODE_ENVIRONMENT);
    orr_node_apply(call, node);
    const char *hdri = orr_call_text(call, "hdri");
    if (!hdri[0]) return 1;
    if (!orr_call_given(call, "source")) { /* naming an HDRI is asking for it */
        int32_t row = orr_param_find(call->tables[0], "source");
        orr_param_row rule;
        orr_param_value value = {0};
        orr_error err = {0};
        orr_param_row_get(call->tables[0], (uint32_t)row, &rule);
        if (orr_param_parse(&rule, "hdri", NULL, &value, &err) != ORR_OK ||
            orr_node_set(node->scene->scene, node->node, (uint32_t)row, &value, &err) != ORR_OK)
            orr_bind_raise(call, &err);
    }
    set_asset(call, node, load(call, ORR_ASSET_IMAGE, hdri, NULL));
    return 1;
}

/* A shape becomes a mesh of the scene once, however many nodes show it. */
static orr_mesh mesh_of(orr_call *call, orr_script_scene *scene, orr_lua_shape *shape) {
    if (shape->scene == scene) return shape->mesh;
    orr_error err = {0};
    orr_mesh mesh = {0};
    if (orr_scene_mesh(scene->scene, shape->kind, &shape->data, &mesh, &err) != ORR_OK)
        orr_bind_raise(call, &err);
    shape->scene = scene;
    shape->mesh = mesh;
    return mesh;
}

static int scene_mesh(orr_call *call) {
    lua_State *L = call->L;
    orr_lua_shape *shape = orr_bind_object(L, orr_call_extra(call, "shape"), &orr_class_shape);
    int at = orr_call_extra(call, "material");
    const orr_lua_material *material = at ? orr_bind_object(L, at, &orr_class_material) : NULL;
    orr_lua_node *node = new_node(call, ORR_NODE_MESH);
    if (material && material->scene != node->scene)
        orr_bind_fail(call, ORR_E_SCRIPT, "scene:mesh: 'material' is of another scene");
    orr_error err = {0};
    if (orr_node_set_mesh(node->scene->scene, node->node, mesh_of(call, node->scene, shape),
                          material ? material->material : (orr_material){0}, &err) != ORR_OK)
        orr_bind_raise(call, &err);
    orr_node_apply(call, node);
    return 1;
}

/* --- materials ----------------------------------------------------------------------------------- */

static int scene_material(orr_call *call) {
    static const char *const map_rows[5] = {"base_colour_map", "metallic_roughness_map", "normal_map",
                                            "occlusion_map", "emissive_map"};
    orr_lua_scene *scene = call->self;
    orr_param_value values[ORR_LUA_MAX_OPTIONS];
    for (uint32_t i = 0; i < call->tables[0]->count; i++) values[i] = call->options[i].value;
    orr_asset maps[5] = {{0}};
    for (int i = 0; i < 5; i++) {
        const char *path = orr_call_text(call, map_rows[i]);
        if (path[0]) maps[i] = load(call, ORR_ASSET_IMAGE, path, NULL);
    }
    int name = orr_call_extra(call, "name");
    orr_lua_material *material = orr_bind_new(call, &orr_class_material);
    material->scene = scene->scene;
    orr_error err = {0};
    if (orr_scene_material(scene->scene->scene, name ? lua_tostring(call->L, name) : NULL, values, maps,
                           &material->material, &err) != ORR_OK)
        orr_bind_raise(call, &err);
    return 1;
}

/* --- rows ---------------------------------------------------------------------------------------- */

#define KIND_OPTIONS(name, kind)                                                                             \
    static const orr_param_table *name##_options(const orr_call *call) {                                     \
        return (void)call, orr_node_table(kind);                                                             \
    }
KIND_OPTIONS(group, ORR_NODE_GROUP)
KIND_OPTIONS(mesh, ORR_NODE_MESH)
KIND_OPTIONS(model, ORR_NODE_MODEL)
KIND_OPTIONS(terrain, ORR_NODE_TERRAIN)
KIND_OPTIONS(camera, ORR_NODE_CAMERA)
KIND_OPTIONS(sun, ORR_NODE_SUN)
KIND_OPTIONS(point, ORR_NODE_POINT)
KIND_OPTIONS(spot, ORR_NODE_SPOT)
KIND_OPTIONS(environment, ORR_NODE_ENVIRONMENT)
KIND_OPTIONS(directional, ORR_NODE_DIRECTIONAL)
KIND_OPTIONS(area, ORR_NODE_AREA)
KIND_OPTIONS(moon, ORR_NODE_MOON)
KIND_OPTIONS(atmosphere, ORR_NODE_ATMOSPHERE)
static const orr_param_table *material_options(const orr_call *call) {
    return (void)call, orr_material_table();
}

#define NODE_EXTRAS                                                                                          \
    {"name", "string", "For messages, ids and the space; need not be unique", false}, {                      \
        "parent", "node", "What it moves with; the scene itself when not given", false                       \
    }
static const orr_lua_extra node_extras[] = {NODE_EXTRAS};
static const orr_lua_extra camera_extras[] = {
    NODE_EXTRAS, {"rig", "rig", "Gives position_m, look_at_m and roll_deg", false}};
static const orr_lua_extra mesh_extras[] = {
    NODE_EXTRAS,
    {"shape", "shape", "What to show: orrery.box{…} …", true},
    {"material", "material", "How its surface looks; light grey when not given", false}};
static const orr_lua_extra material_extras[] = {{"name", "string", "For messages and ids", false}};

static const orr_param_row model_more_rows[] = {
    {.name = "path",
     .type = ORR_PARAM_ASSET,
     .flags = ORR_PARAM_REQUIRED,
     .doc = "The .gltf or .glb file, relative to the script, then to content/"}};
static const orr_param_row dem_rows[ORR_DEM_ROWS] = {
    [ORR_DEM_SPACING] = {.name = "spacing_m",
                         .type = ORR_PARAM_F64,
                         .def = "0",
                         .min = "0",
                         .max = "1e6",
                         .doc = "Distance between samples; 0: as the file says"},
    [ORR_DEM_SCALE] = {.name = "height_scale",
                       .type = ORR_PARAM_F64,
                       .def = "0",
                       .min = "-1e6",
                       .max = "1e6",
                       .doc = "Metres per stored unit; 0: 1"},
    [ORR_DEM_ARRAY] = {.name = "array", .type = ORR_PARAM_STRING, .def = "", .doc = "Which array of an .npz"},
};
static const orr_param_table model_more = ORR_PARAM_TABLE(model_more_rows, "model");
const orr_param_table orr_dem_table = ORR_PARAM_TABLE(dem_rows, "terrain");

#define NODE_ROW(kind, extras_)                                                                              \
    .name = "scene:" #kind, .call = scene_##kind, .flags = ORR_LUA_ANIMATED, .options = kind##_options,      \
    ORR_LUA_EXTRAS(extras_), .returns = "node the new node"

static const orr_lua_row rows[] = {
    {.name = "orrery.scene",
     .call = scene_new,
     .doc = "A new, empty scene. Right-handed, Y up, metres; north is -Z, east +X.",
     .returns = "scene the scene",
     .example = "local scene = orrery.scene()"},
    {NODE_ROW(group, node_extras),
     .doc =
         "A node that shows nothing itself: what has it as parent moves with it. Every number of every node "
         "can be a function of t (seconds) or keyframes { {t=0, v=…, ease=\"smooth\"}, … }.",
     .example = "local scene = orrery.scene()\n"
                "local arm = scene:group{ rotation_deg = function(t) return {0, 90 * t, 0} end }\n"
                "scene:mesh{ shape = orrery.sphere{}, position_m = {2, 0, 0}, parent = arm }"},
    {NODE_ROW(mesh, mesh_extras), .doc = "Shows a shape with a material.",
     .example = "local scene = orrery.scene()\n"
                "local brass = scene:material{ base_colour = \"#d9a441\", metallic = 1, roughness = 0.3 }\n"
                "scene:mesh{ shape = orrery.box{}, material = brass, position_m = {0, 0.5, 0} }"},
    {NODE_ROW(model, node_extras), .more = &model_more,
     .doc = "Shows a glTF model, with its own materials, lights and animation.",
     .example = "local scene = orrery.scene()\n"
                "local model = scene:model{ path = \"models/tetrahedron.gltf\", rotation_deg = {0, 45, 0} }"},
    {NODE_ROW(terrain, node_extras), .more = &orr_dem_table,
     .doc = "Shows an elevation model, its centre at the node's place.",
     .example = "local scene = orrery.scene()\n"
                "local ground = scene:terrain{ dem = \"dem/jacksboro_fault.tif\", ramp = \"hypsometric\", "
                "exaggeration = 1.5 }\n"
                "print(ground:height(0, 0))"},
    {NODE_ROW(camera, camera_extras), .doc = "A camera. It looks along -Z, or at look_at_m; a rig moves it.",
     .example = "local scene = orrery.scene()\n"
                "local camera = scene:camera{ position_m = {0, 1, 4}, look_at_m = {0, 0.5, 0}, focal_mm = "
                "50, sensor = \"full_frame\", f_stop = 8, shutter_s = 1/125, iso = 100 }"},
    {NODE_ROW(sun, node_extras), .doc = "The sun: parallel light with shadows. One a scene.",
     .example =
         "local scene = orrery.scene()\n"
         "scene:sun{ azimuth_deg = 220, elevation_deg = { {t=0, v=5}, {t=10, v=40, ease=\"smooth\"} } }"},
    {NODE_ROW(point, node_extras), .doc = "A light that shines all around.",
     .example = "local scene = orrery.scene()\nscene:point{ position_m = {0, 2, 0}, flux_lm = 1600, colour = "
                "{1, 0.8, 0.6} }"},
    {NODE_ROW(spot, node_extras), .doc = "A light that shines in a cone.",
     .example = "local scene = orrery.scene()\nscene:spot{ position_m = {0, 3, 0}, look_at_m = {0, 0, 0}, "
                "flux_lm = 2000, outer_deg = 25 }"},
    {NODE_ROW(directional, node_extras), .doc = "Parallel light that is not the sun: it stands in no sky.",
     .example = "local scene = orrery.scene()\nscene:directional{ azimuth_deg = 300, elevation_deg = 30, "
                "illuminance_lx = 2000 }"},
    {NODE_ROW(area, node_extras), .doc = "A rectangle, disc or sphere that shines.",
     .example = "local scene = orrery.scene()\nscene:area{ shape = \"rect\", width_m = 1.2, height_m = 0.6, "
                "position_m = {0, 2.5, 0}, look_at_m = {0, 0, 0}, luminance_nit = 5000 }"},
    {NODE_ROW(moon, node_extras),
     .doc = "The moon: light of the night with shadows, and a disk in the sky of an "
            "atmosphere. One a scene.",
     .example = "local scene = orrery.scene()\nscene:moon{ azimuth_deg = 200, elevation_deg = 35 }"},
    {NODE_ROW(atmosphere, node_extras),
     .doc =
         "The air: a sky that the sun lights, what it takes from the light of far things, and the light that "
         "comes from it all around. One a scene.",
     .example = "local scene = orrery.scene()\nscene:sun{ elevation_deg = 8 }\nscene:atmosphere{ preset = "
                "\"hazy\", altitude_m = 200 }"},
    {NODE_ROW(environment, node_extras),
     .doc = "What lights the scene from all around: a sky gradient, one luminance, or an HDRI. One a scene.",
     .example =
         "local scene = orrery.scene()\nscene:environment{ source = \"constant\", luminance_nit = 3000 }"},
    {.name = "scene:material",
     .call = scene_material,
     .options = material_options,
     ORR_LUA_EXTRAS(material_extras),
     .doc = "A physically based material. Colours are linear, or \"#rrggbb\" as a screen shows them.",
     .returns = "material the material",
     .example = "local scene = orrery.scene()\n"
                "local steel = scene:material{ name = \"steel\", base_colour = {0.56, 0.57, 0.58}, metallic "
                "= 1, roughness = 0.25 }"},
};
static const orr_lua_class *const classes[] = {&orr_class_scene, &orr_class_material, NULL};
const orr_lua_group orr_lua_scene_group = ORR_LUA_GROUP("Scenes", rows, classes);
