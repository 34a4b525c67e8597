/* Local lights as the shaders read them. */
#include "render/renderer_private.h"

orr_status orr_lights_update(orr_renderer *r, orr_cmd *cmd, orr_frame_data *data, orr_error *err) {
    return (void)r, (void)cmd, (void)data, (void)err, ORR_OK;
}
void orr_lights_bind(const orr_renderer *r, const orr_frame_data *data, orr_gpu_bind *bind) {
    (void)data, bind->texture = r->white;
}
void orr_lights_free(orr_renderer *r) {
    (void)r;
}
