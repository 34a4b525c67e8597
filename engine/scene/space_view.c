/* A published scene, shown in the space: `<app>/scenes/<id>/src/<node>/<property>` and `current_revision`. */
#include <string.h>

#include "scene/scene_private.h"
#include "space/space.h"

orr_status orr_scene_show(orr_scene *scene, const orr_revision *revision, orr_error *err) {
    (void)scene, (void)revision, (void)err;
    return ORR_OK;
}
