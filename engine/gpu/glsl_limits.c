#include <stdbool.h>
#include <string.h>

#include "gpu/glsl_limits.h"

void orr_glsl_limits(glslang_resource_t *out) {
    memset(out, 0, sizeof *out);
    out->max_lights = 32;
    out->max_clip_planes = 6;
    out->max_texture_units = out->max_texture_coords = 32;
    out->max_vertex_attribs = 64;
    out->max_vertex_uniform_components = out->max_fragment_uniform_components = 4096;
    out->max_vertex_uniform_vectors = out->max_fragment_uniform_vectors = 1024;
    out->max_varying_floats = out->max_varying_components = 64;
    out->max_varying_vectors = 16;
    out->max_vertex_output_components = 64;
    out->max_fragment_input_components = 128;
    out->max_vertex_texture_image_units = out->max_texture_image_units = 128;
    out->max_combined_texture_image_units = 256;
    out->max_draw_buffers = 8;
    out->min_program_texel_offset = -8;
    out->max_program_texel_offset = 7;
    out->max_clip_distances = out->max_cull_distances = out->max_combined_clip_and_cull_distances = 8;
    out->max_compute_work_group_count_x = out->max_compute_work_group_count_y =
        out->max_compute_work_group_count_z = 65535;
    out->max_compute_work_group_size_x = out->max_compute_work_group_size_y = 1024;
    out->max_compute_work_group_size_z = 64;
    out->max_compute_uniform_components = 4096;
    out->max_compute_texture_image_units = 128;
    out->max_compute_image_uniforms = out->max_image_units = 64;
    out->max_vertex_image_uniforms = out->max_fragment_image_uniforms = out->max_combined_image_uniforms = 64;
    out->max_combined_shader_output_resources = out->max_combined_image_units_and_fragment_outputs = 72;
    out->max_compute_atomic_counters = out->max_combined_atomic_counters = 8;
    out->max_atomic_counter_bindings = out->max_compute_atomic_counter_buffers = 1;
    out->max_atomic_counter_buffer_size = 16384;
    out->max_viewports = 16;
    out->max_samples = 4;
    out->limits.non_inductive_for_loops = out->limits.while_loops = out->limits.do_while_loops = true;
    out->limits.general_uniform_indexing = out->limits.general_attribute_matrix_vector_indexing = true;
    out->limits.general_varying_indexing = out->limits.general_sampler_indexing = true;
    out->limits.general_variable_indexing = out->limits.general_constant_matrix_vector_indexing = true;
}
