/* GLSL to SPIR-V: glslang does the compiling. It is not touched, nor initialised, unless something is
 * compiled. */
#include "gpu/glsl.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <glslang/Include/glslang_c_interface.h>
#include <glslang/build_info.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "gpu/glsl_limits.h"

/* Part of every digest: raise it when the options below change. */
#define OPTIONS_VERSION 1

orr_digest orr_glsl_digest(const char *expanded, orr_glsl_stage stage) {
    orr_digest_builder *builder = orr_digest_begin();
    uint32_t numbers[] = {OPTIONS_VERSION, GLSLANG_VERSION_MAJOR, GLSLANG_VERSION_MINOR,
                          GLSLANG_VERSION_PATCH, (uint32_t)stage};
    orr_digest_add(builder, numbers, sizeof numbers);
    orr_digest_add_text(builder, expanded);
    return orr_digest_end(builder);
}

/* glslang keeps process-wide tables, made once and for good: the one global of this file. Compiling is safe
 * on any thread after that. */
static void initialise(void) {
    static atomic_int state; /* 0 never, 1 under way, 2 done */
    int expected = 0;
    if (atomic_load(&state) == 2) return;
    if (atomic_compare_exchange_strong(&state, &expected, 1)) {
        (void)glslang_initialize_process();
        atomic_store(&state, 2);
        return;
    }
    while (atomic_load(&state) != 2) orr_thread_yield();
}

/* "ERROR: file:12: 'x' : undeclared" becomes "file:12: 'x' : undeclared"; the linker's messages name no file,
 * so get the shader's name, and go on in indented lines; glslang's summary lines are dropped. */
static void add_messages(orr_text *out, const char *log, const char *name) {
    bool kept = false;
    while (log != NULL && *log != '\0') {
        const char *line = log;
        size_t n = strcspn(line, "\n");
        log += n + (line[n] == '\n' ? 1u : 0u);
        bool is_error = n > 7 && strncmp(line, "ERROR: ", 7) == 0;
        if (kept && !is_error && n > 4 && strncmp(line, "    ", 4) == 0)
            orr_text_printf(out, " %.*s", (int)n - 4, line + 4);
        kept = is_error;
        if (!is_error) continue;
        line += 7;
        n -= 7;
        char *end = NULL;
        (void)strtoul(line, &end, 10);
        if (end != line && strncmp(end, " compilation errors", 19) == 0) continue;
        while (n > 0 && line[n - 1] == ' ') n--;
        static const char k_gave_up[] = "compilation terminated";
        if (n >= sizeof k_gave_up &&
            strncmp(line + n - (sizeof k_gave_up - 1), k_gave_up, sizeof k_gave_up - 1) == 0)
            continue;
        bool linking = strncmp(line, "Linking ", 8) == 0;
        orr_text_printf(out, "%s%s%s%.*s", out->length > 0 ? "\n" : "", linking ? name : "",
                        linking ? ": " : "", (int)n, line);
    }
}

static orr_status report(glslang_shader_t *shader, glslang_program_t *program, const char *name,
                         orr_error *err) {
    orr_text text = {0};
    add_messages(&text, glslang_shader_get_info_log(shader), name);
    if (program != NULL) add_messages(&text, glslang_program_get_info_log(program), name);
    if (text.length == 0) orr_text_printf(&text, "%s: the compiler gave no reason", name);
    orr_status status = orr_fail(err, ORR_E_SHADER, name, "%s", orr_text_cstr(&text));
    orr_text_free(&text);
    return status;
}

static orr_status generate(glslang_program_t *program, glslang_stage_t stage, const char *name,
                           uint32_t **spirv, size_t *bytes, orr_error *err) {
    glslang_spv_options_t options = {.disable_optimizer = true};
    glslang_program_SPIRV_generate_with_options(program, stage, &options);
    size_t words = glslang_program_SPIRV_get_size(program);
    uint32_t *copy = words == 0 ? NULL : malloc(words * sizeof *copy);
    if (copy == NULL) {
        const char *said = glslang_program_SPIRV_get_messages(program);
        return orr_fail(err, words == 0 ? ORR_E_SHADER : ORR_E_MEMORY, name, "%s: no SPIR-V: %s", name,
                        said != NULL ? said : "no reason given");
    }
    glslang_program_SPIRV_get(program, copy);
    *spirv = copy;
    *bytes = words * sizeof *copy;
    return ORR_OK;
}

orr_status orr_glsl_compile(const char *expanded, const char *name, orr_glsl_stage stage, uint32_t **spirv,
                            size_t *spirv_bytes, orr_error *err) {
    static const glslang_stage_t stages[] = {GLSLANG_STAGE_COMPUTE, GLSLANG_STAGE_VERTEX,
                                             GLSLANG_STAGE_FRAGMENT};
    *spirv = NULL;
    *spirv_bytes = 0;
    initialise();
    glslang_resource_t limits;
    orr_glsl_limits(&limits);
    glslang_input_t input = {.language = GLSLANG_SOURCE_GLSL,
                             .stage = stages[stage],
                             .client = GLSLANG_CLIENT_VULKAN,
                             .client_version = GLSLANG_TARGET_VULKAN_1_2,
                             .target_language = GLSLANG_TARGET_SPV,
                             .target_language_version = GLSLANG_TARGET_SPV_1_5,
                             .code = expanded,
                             .default_version = 460,
                             .default_profile = GLSLANG_NO_PROFILE,
                             .messages = GLSLANG_MSG_SPV_RULES_BIT | GLSLANG_MSG_VULKAN_RULES_BIT,
                             .resource = &limits};
    glslang_shader_t *shader = glslang_shader_create(&input);
    if (shader == NULL) return orr_fail(err, ORR_E_MEMORY, name, "%s: no memory for the compiler", name);
    glslang_program_t *program = NULL;
    orr_status status = ORR_OK;
    if (!glslang_shader_preprocess(shader, &input) || !glslang_shader_parse(shader, &input)) {
        status = report(shader, NULL, name, err);
    } else {
        program = glslang_program_create();
        glslang_program_add_shader(program, shader);
        if (!glslang_program_link(program, GLSLANG_MSG_SPV_RULES_BIT | GLSLANG_MSG_VULKAN_RULES_BIT))
            status = report(shader, program, name, err);
        else
            status = generate(program, stages[stage], name, spirv, spirv_bytes, err);
    }
    if (program != NULL) glslang_program_delete(program);
    glslang_shader_delete(shader);
    return status;
}
