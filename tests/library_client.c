/* A C program that uses libcharrnn, for library_test.py: each command prints what the program's
 * command of that name does.
 *
 *   library_client train TEXT NAME=VALUE…      the progress's last step; the model is in the run
 *   library_client train-text TEXT NAME=VALUE… the same with the text in memory
 *   library_client sample MODEL PROMPT NAME=VALUE…
 *   library_client surprisal MODEL TEXT        of the file TEXT, one number a line
 *   library_client copy MODEL FILE             loads and saves
 */
#include <charrnn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static charrnn_option options[32];
static size_t option_count = 0;

static int failed(int status) {
  const charrnn_error error = charrnn_last_error();
  fprintf(stderr, "%s: %s\n%s\n", error.name, error.message, error.hint);
  return status;
}

static void take_options(int count, char** words) {
  int i;
  for (i = 0; i < count && option_count < 32; ++i) {
    char* equals = strchr(words[i], '=');
    if (equals == NULL) continue;
    *equals = '\0';
    options[option_count].name = words[i];
    options[option_count++].value = equals + 1;
  }
}

static char* read_file(const char* name, size_t* size) {
  FILE* file = fopen(name, "rb");
  char* text = malloc(1 << 20);
  if (file == NULL || text == NULL) exit(99);
  *size = fread(text, 1, 1 << 20, file);
  fclose(file);
  return text;
}

static int on_progress(const charrnn_progress* progress, void* data) {
  *(charrnn_progress*)data = *progress;
  return 0;
}

static int train(const char* text, int in_memory) {
  charrnn_progress last;
  charrnn_model* model;
  int status;
  if (in_memory) {
    size_t size;
    char* content = read_file(text, &size);
    status = charrnn_train_text(content, size, options, option_count, on_progress, NULL, &last,
                                &model);
    free(content);
  } else {
    status = charrnn_train(&text, 1, options, option_count, on_progress, NULL, &last, &model);
  }
  if (status != CHARRNN_OK) return failed(status);
  printf("%ld\n", (long)last.step);
  charrnn_model_free(model);
  return 0;
}

static int sample(const charrnn_model* model, const char* prompt) {
  charrnn_generation* generation;
  charrnn_piece piece;
  int status =
      charrnn_generate(model, prompt, strlen(prompt), options, option_count, &generation);
  if (status != CHARRNN_OK) return failed(status);
  do {
    status = charrnn_generation_next(generation, 16, &piece);
    if (status == CHARRNN_OK && piece.text != NULL) fwrite(piece.text, 1, piece.size, stdout);
  } while (status == CHARRNN_OK && piece.text != NULL);
  charrnn_generation_free(generation);
  return status == CHARRNN_OK ? 0 : failed(status);
}

static int surprisal(const charrnn_model* model, const char* file) {
  charrnn_arrays* arrays;
  charrnn_array nats;
  size_t size, i;
  char* text = read_file(file, &size);
  int status = charrnn_surprisal(model, text, size, options, option_count, NULL, NULL, &arrays);
  free(text);
  if (status != CHARRNN_OK) return failed(status);
  status = charrnn_arrays_get(arrays, 0, &nats);
  for (i = 0; i < nats.shape[0]; ++i) printf("%.9g\n", (double)nats.values[i]);
  charrnn_arrays_free(arrays);
  return status;
}

int main(int count, char** words) {
  charrnn_model* model;
  charrnn_option isa;
  int status;
  if (count < 3) return 98;
  take_options(count - 3, words + 3);
  if (strcmp(words[1], "train") == 0) return train(words[2], 0);
  if (strcmp(words[1], "train-text") == 0) return train(words[2], 1);
  isa.name = "isa";
  isa.value = getenv("CHARRNN_ISA");
  status = charrnn_load(words[2], &isa, isa.value == NULL ? 0 : 1, &model);
  if (status != CHARRNN_OK) return failed(status);
  if (strcmp(words[1], "sample") == 0) status = sample(model, words[3]);
  if (strcmp(words[1], "surprisal") == 0) status = surprisal(model, words[3]);
  if (strcmp(words[1], "copy") == 0) {
    status = charrnn_save(model, words[3]);
    if (status != CHARRNN_OK) failed(status);
  }
  charrnn_model_free(model);
  return status;
}
