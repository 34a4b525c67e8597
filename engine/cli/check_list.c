/* Finding regression scenes, and reading what they declare in a process of its own. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/platform/platform.h"
#include "base/platform/process.h"
#include "cli/check.h"

enum { MAX_SCENES = 20000, MAX_DEPTH = 16, BATCH = 500, MAX_SCRIPT_BYTES = 16 << 20 };
static const uint64_t PATIENCE_NS = UINT64_C(20000000000), /* for a script up to its first call */
    DEVICE_NS = UINT64_C(60000000000),                     /* for a driver to start, on a busy machine */
    WAIT_NS = UINT64_C(100000000);

static orr_status no_memory(orr_error *err) {
    return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a list of scenes");
}

void orr_check_list_free(orr_check_list *list) {
    orr_arena_free(&list->arena);
    *list = (orr_check_list){0};
}

/* --- words of processes ----------------------------------------------------------------------------------
 */

void orr_check_words_add(orr_check_words *words, const char *word) {
    char *copy = words->argv ? orr_arena_strdup(words->arena, word) : NULL;
    if (!copy || words->count == words->capacity)
        words->failed = true;
    else
        words->argv[words->count++] = copy;
}

void orr_check_words_pair(orr_check_words *words, const char *option, const char *value) {
    if (!value) return;
    orr_check_words_add(words, option);
    orr_check_words_add(words, value);
}

static const char *const overlay_names[] = {[ORR_OVERLAY_SET] = "--set",
                                            [ORR_OVERLAY_PRESET] = "--preset",
                                            [ORR_OVERLAY_ENABLE] = "--enable",
                                            [ORR_OVERLAY_DISABLE] = "--disable"};

void orr_check_words_begin(const orr_cli *cli, const char *command, uint32_t threads, uint32_t more,
                           orr_arena *arena, orr_check_words *out) {
    char program[1024], number[16];
    uint32_t capacity = ORR_CHECK_WORDS + 2 * (cli->module_count + cli->overlay_count) + more;
    *out = (orr_check_words){.capacity = capacity, .arena = arena};
    out->argv = ORR_ARENA_NEW(arena, const char *, (size_t)capacity + 1);
    out->failed = !out->argv || !orr_path_program(program, sizeof program);
    if (out->failed) return;
    orr_check_words_add(out, program);
    orr_check_words_add(out, command);
    orr_format(number, sizeof number, "%u", threads);
    orr_check_words_pair(out, "--threads", threads ? number : NULL);
    orr_check_words_pair(out, "--device", cli->device);
    orr_check_words_pair(out, "--root", cli->root);
    orr_check_words_pair(out, "--data", cli->data);
    for (uint32_t i = 0; i < cli->module_count; i++) orr_check_words_pair(out, "--modules", cli->modules[i]);
    for (uint32_t i = 0; i < cli->overlay_count; i++)
        orr_check_words_pair(out, overlay_names[cli->overlays[i].kind], cli->overlays[i].text);
    if (cli->no_cache) orr_check_words_add(out, "--no-cache");
    if (cli->validation) orr_check_words_add(out, "--validation");
    if (cli->sync_validation) orr_check_words_add(out, "--sync-validation");
    if (cli->quiet) orr_check_words_add(out, "--quiet");
}

static const char *beside(const char *folder, const char *extension, orr_check_words *words) {
    char file[2304];
    orr_format(file, sizeof file, "%s%s", folder, extension);
    const char *kept = orr_arena_strdup(words->arena, file);
    words->failed |= !kept;
    return kept;
}

orr_status orr_check_job_begin(const orr_cli *cli, const orr_check_list *list, const orr_check_item *item,
                               const char *folder, uint32_t threads, orr_arena *arena, orr_check_job *job,
                               orr_check_words *words, orr_error *err) {
    char limit[32];
    orr_check_words_begin(cli, "check-scene", threads, 0, arena, words);
    *job = (orr_check_job){.name = item->name,
                           .file = item->file,
                           .result_file = beside(folder, ".json", words),
                           .messages_file = beside(folder, ".txt", words),
                           .timeout_s = cli->timeout_s > 0 ? cli->timeout_s : item->timeout_s,
                           .memory_mib = cli->memory_mib > 0 ? cli->memory_mib : item->memory_mib};
    orr_check_words_add(words, item->file);
    orr_check_words_pair(words, "--name", item->name);
    orr_check_words_pair(words, "--result", job->result_file);
    orr_check_words_pair(words, "--fingerprint", list->fingerprint);
    orr_format(limit, sizeof limit, "%.3f", 0.75 * job->timeout_s); /* a hanging shader is told by its pass */
    orr_check_words_pair(words, "--frame-timeout", job->timeout_s > 0 ? limit : NULL);
    return words->failed ? no_memory(err) : ORR_OK;
}

/* --- finding -----------------------------------------------------------------------------------------------
 */

typedef struct finder {
    orr_check_list *list;
    uint32_t capacity;
    orr_error *err;
} finder;

/* A line of its own that calls orrery.check: a script that means to be a scene. */
static bool calls_check(const char *path) {
    uint8_t *data = NULL;
    size_t size = 0;
    bool found = false;
    if (orr_file_read(path, MAX_SCRIPT_BYTES, &data, &size, NULL) != ORR_OK) return false;
    const char *begin = (const char *)data;
    if (!strncmp(begin, "\xef\xbb\xbf", 3)) begin += 3; /* Lua passes over this mark too */
    for (const char *line = begin; line && !found; line = strchr(line, '\n')) {
        line += strspn(line, "\n");
        const char *text = line + strspn(line, " \t");
        found = !strncmp(text, "orrery.check", 12) && strchr(" \t({\r\n", text[12]) && text[12];
        if (!*line) break;
    }
    free(data);
    return found;
}

static orr_status add(finder *f, const char *file, const char *name) {
    orr_check_list *list = f->list;
    for (uint32_t i = 0; i < list->count; i++)
        if (!strcmp(list->items[i].file, file)) return ORR_OK;
    if (list->count == MAX_SCENES)
        return orr_fail(f->err, ORR_E_LIMIT, NULL, "more than %d scenes", MAX_SCENES);
    if (list->count == f->capacity) {
        uint32_t capacity = f->capacity ? f->capacity * 2 : 64;
        orr_check_item *items = ORR_ARENA_NEW(&list->arena, orr_check_item, capacity);
        if (!items) return no_memory(f->err);
        if (list->count) memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        f->capacity = capacity;
    }
    size_t length = strlen(name);
    if (length > 4 && !strcmp(name + length - 4, ".lua")) length -= 4;
    orr_check_item *item = &list->items[list->count++];
    *item = (orr_check_item){.file = orr_arena_strdup(&list->arena, file),
                             .name = orr_arena_strndup(&list->arena, name, length)};
    return item->file && item->name ? ORR_OK : no_memory(f->err);
}

/* A link from a folder to itself or to one that it lies in: there is no end to that. */
static bool leads_back(const char *folder, const char *path) {
    char here[2048], there[2048];
    return orr_path_real(folder, here, sizeof here) && orr_path_real(path, there, sizeof there) &&
           (!strcmp(here, there) || orr_path_is_below(there, here));
}

static orr_status walk(finder *f, const char *folder, const char *below, int depth) {
    char **names = NULL;
    size_t count = 0;
    orr_status status = orr_folder_list(folder, &names, &count, f->err);
    for (size_t i = 0; i < count && status == ORR_OK; i++) {
        char path[2048], name[1024];
        size_t length = strlen(names[i]);
        orr_path_join(path, sizeof path, folder, names[i]);
        orr_format(name, sizeof name, "%s%s%s", below, below[0] ? "/" : "", names[i]);
        if (names[i][0] == '.') continue;
        if (length > 4 && !strcmp(names[i] + length - 4, ".lua")) {
            if (calls_check(path)) status = add(f, path, name);
        } else if (depth < MAX_DEPTH && orr_folder_exists(path) && !leads_back(folder, path)) {
            status = walk(f, path, name, depth + 1);
        }
    }
    orr_names_free(&names, count);
    return status;
}

static orr_status find(const orr_cli *cli, orr_check_list *list, orr_error *err) {
    static const char *const standard[] = {"tests/scenes"};
    finder f = {.list = list, .err = err};
    const char *const *words = cli->word_count ? cli->words : standard;
    uint32_t count = cli->word_count ? cli->word_count : 1;
    orr_status status = ORR_OK;
    if (!cli->word_count && !orr_folder_exists(standard[0]))
        return orr_fail(err, ORR_E_USAGE, NULL,
                        "which scenes? there is no folder tests/scenes here: orrery check FILES|FOLDERS");
    for (uint32_t i = 0; i < count && status == ORR_OK; i++) {
        if (orr_folder_exists(words[i])) {
            status = walk(&f, words[i], "", 0);
        } else if (!orr_file_exists(words[i])) {
            status = orr_fail(err, ORR_E_USAGE, words[i], "there is no file or folder %s", words[i]);
        } else if (!calls_check(words[i])) {
            status =
                orr_fail(err, ORR_E_USAGE, words[i],
                         "%s is no regression scene: no line of it begins with orrery.check{ … }", words[i]);
        } else {
            status = add(&f, words[i], orr_path_name(words[i]));
        }
    }
    return status;
}

/* Two of one name are called by their paths. */
static void tell_apart(orr_check_list *list) {
    for (uint32_t i = 0; i < list->count; i++) {
        bool twin = false;
        for (uint32_t k = 0; k < list->count; k++)
            twin |= k != i && !strcmp(list->items[i].name, list->items[k].name);
        if (!twin) continue;
        for (uint32_t k = 0; k < list->count; k++)
            if (k != i && !strcmp(list->items[i].name, list->items[k].name))
                list->items[k].name = list->items[k].file;
        list->items[i].name = list->items[i].file;
    }
}

static void filter(const orr_cli *cli, orr_check_list *list) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        const orr_check_item *item = &list->items[i];
        bool fits = !cli->filter || strstr(item->name, cli->filter);
        bool tagged = !cli->tag || item->undeclared; /* whose tags nobody knows: it must not vanish */
        for (uint32_t t = 0; t < item->tag_count && !tagged; t++) tagged = !strcmp(item->tags[t], cli->tag);
        if (fits && tagged) list->items[kept++] = *item;
    }
    list->count = kept;
}

/* --- what they declare -----------------------------------------------------------------------------------
 */

static const char *keep(orr_check_list *list, const json_t *value) {
    const char *text = json_string_value(value);
    return text ? orr_arena_strdup(&list->arena, text) : NULL;
}

static const char **keep_texts(orr_check_list *list, const json_t *array, uint32_t *count) {
    *count = (uint32_t)json_array_size(array);
    const char **texts = ORR_ARENA_NEW(&list->arena, const char *, (size_t)*count + 1);
    for (uint32_t i = 0; texts && i < *count; i++) texts[i] = keep(list, json_array_get(array, i));
    if (!texts) *count = 0;
    return texts;
}

/* A line of check-list. What it could not declare gets the defaults: its own process will say why. */
static void read_item(orr_check_list *list, orr_check_item *item, const json_t *line) {
    char folder[2048], golden[4096];
    item->undeclared = !json_is_object(line);
    item->timeout_s = json_number_value(json_object_get(line, "timeout_s"));
    item->memory_mib = json_number_value(json_object_get(line, "memory_mib"));
    item->tags = keep_texts(list, json_object_get(line, "tags"), &item->tag_count);
    item->mutations = keep_texts(list, json_object_get(line, "mutations"), &item->mutation_count);
    const char *name = json_string_value(json_object_get(line, "golden"));
    if (!name) return;
    orr_path_folder(folder, sizeof folder, item->file);
    orr_path_join(golden, sizeof golden, folder, name);
    item->golden = orr_arena_strdup(&list->arena, golden);
}

static void read_device(orr_check_list *list, const json_t *line) {
    const struct {
        const char *key;
        char *out;
        size_t size;
    } rows[] = {{"device", list->device, sizeof list->device},
                {"driver", list->driver, sizeof list->driver},
                {"tier", list->tier, sizeof list->tier},
                {"fingerprint", list->fingerprint, sizeof list->fingerprint}};
    for (int i = 0; i < 4; i++) {
        const char *text = json_string_value(json_object_get(line, rows[i].key));
        orr_format(rows[i].out, rows[i].size, "%s", text ? text : "");
    }
}

/* Takes the lines of the file: the device's first (once), then those of items from `*next` on. */
static void read_lines(const char *path, orr_check_list *list, bool *device, uint32_t *next) {
    uint8_t *data = NULL;
    size_t size = 0;
    if (orr_file_read(path, UINT64_C(256) << 20, &data, &size, NULL) != ORR_OK) return;
    for (char *line = (char *)data, *end; (end = strchr(line, '\n')); line = end + 1) {
        json_t *value = json_loadb(line, (size_t)(end - line), JSON_DECODE_ANY, NULL);
        if (!*device) {
            read_device(list, value);
            *device = true;
        } else if (*next < list->count) {
            read_item(list, &list->items[(*next)++], value);
        }
        json_decref(value);
    }
    free(data);
}

/* One process for some items from `*next` on, as many as its words have room for; it is past those that it
 * got through. */
static orr_status declare_some(const orr_cli *cli, const char *work, orr_check_list *list, bool *device,
                               uint32_t *next, orr_error *err) {
    char file[2048], messages[2048];
    orr_check_words words;
    orr_child *child = NULL;
    orr_child_end end = {0};
    const uint32_t last = list->count - *next > BATCH ? *next + BATCH : list->count;
    orr_path_join(file, sizeof file, work, "declared.jsonl");
    orr_path_join(messages, sizeof messages, work, "declared.txt");
    orr_file_remove(file);
    orr_check_words_begin(cli, "check-list", 1, BATCH, &list->arena, &words);
    orr_check_words_pair(&words, "--result", file);
    if (*device) orr_check_words_add(&words, "--list");
    for (uint32_t i = *next; i < last; i++) orr_check_words_add(&words, list->items[i].file);
    if (words.failed) return no_memory(err);
    const orr_child_params params = {
        .argv = words.argv, .messages = messages, .pass_fd = -1, .dies_with_caller = true};
    orr_status status = orr_child_start(&params, &child, err);
    if (status != ORR_OK) return status;
    bool ended = false;
    uint64_t patience_ns = (*device ? 0 : DEVICE_NS) + PATIENCE_NS + (last - *next) * (PATIENCE_NS / 100),
             begin_ns = orr_time_ns();
    while (!ended && !atomic_load(orr_cli_stop()) && orr_time_ns() - begin_ns < patience_ns)
        ended = orr_child_wait(child, WAIT_NS, &end);
    orr_child_destroy(&child);
    if (atomic_load(orr_cli_stop())) return orr_fail(err, ORR_E_INTERRUPTED, NULL, "interrupted");
    read_lines(file, list, device, next);
    if (*next == last) return ORR_OK;
    if (!*device && (!ended || end.exit_code == orr_status_exit_code(ORR_E_NO_DEVICE))) {
        uint8_t *text = NULL;
        size_t size = 0;
        if (orr_file_read(messages, 1 << 16, &text, &size, NULL) != ORR_OK) text = NULL;
        status = orr_fail(err, ORR_E_NO_DEVICE, NULL, "no device to check on: %.*s",
                          (int)strcspn(text ? (const char *)text : "", "\n"), text ? (const char *)text : "");
        free(text);
        return status;
    }
    if (!*device)
        return orr_fail(err, ORR_E_PROCESS, NULL, "the device did not start: exit code %d", end.exit_code);
    list->items[(*next)++].undeclared = true; /* the script that took the process down */
    return ORR_OK;
}

orr_status orr_check_find(const orr_cli *cli, const char *work, orr_check_list *list, orr_error *err) {
    *list = (orr_check_list){0};
    bool device = cli->list;
    uint32_t next = 0;
    orr_status status = find(cli, list, err);
    if (status != ORR_OK) return status;
    tell_apart(list);
    if (!cli->tag && cli->filter) filter(cli, list); /* names are known without asking */
    while (status == ORR_OK && (next < list->count || (!device && list->count)))
        status = declare_some(cli, work, list, &device, &next, err);
    if (status == ORR_OK) filter(cli, list);
    return status;
}
