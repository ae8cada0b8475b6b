/* libcharrnn: character-level recurrent language models. Load or train a model, let it write, ask
 * how well it predicts a text, and look at its states.
 *
 *   charrnn_model* model;
 *   if (charrnn_load("runs/book", NULL, 0, &model) != CHARRNN_OK) {
 *     fprintf(stderr, "%s\n", charrnn_last_error().message);
 *     return 1;
 *   }
 *
 * Texts are UTF-8 with a size in bytes; a model of bytes (--encoding bytes) takes any bytes. Paths,
 * and names and values of options, are UTF-8 that ends with a NUL.
 *
 * Options are names and values as on the command line of `charrnn sample`, `eval` and `train`, less
 * the dashes: {"temp", "0.8"}. A flag has the value "true". An option that may be given several
 * times stands in the list as often. The library reads no environment variables, prints
 * nothing, and never ends the process.
 *
 * Errors: a function that returns int returns CHARRNN_OK or a code from charrnn_status, and then
 * charrnn_last_error() has the message. What it should have made is NULL then.
 *
 * Threads: a charrnn_model never changes, and any number of threads may use one at the same time.
 * What was made from a model may outlive it. A charrnn_generation belongs to one thread at a time.
 * Callbacks come on the thread that called. Each thread has its own last error. After fork() the
 * child may use its parent's models, but not its generations.
 *
 * Versions: within a major version functions and structs stay as they are, except that
 * charrnn_progress may grow at its end. Before 1.0 that holds within a minor version, whose number
 * is in the library's name (libcharrnn.so.0.1).
 */
#ifndef CHARRNN_H
#define CHARRNN_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define CHARRNN_API __attribute__((visibility("default")))
#else
#define CHARRNN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The program's exit codes. */
typedef enum charrnn_status {
  CHARRNN_OK = 0,
  CHARRNN_INTERNAL = 1,  /* a bug in charrnn */
  CHARRNN_USAGE = 2,     /* a wrong argument or option */
  CHARRNN_DATA = 3,      /* a bad text */
  CHARRNN_BAD_MODEL = 4, /* a bad or incompatible model or checkpoint */
  CHARRNN_IO = 5,        /* disk full, permission, device */
  CHARRNN_DIVERGED = 6,  /* training diverged; the run's folder has the last good model */
  CHARRNN_LIMIT = 7,     /* out of memory, or over a limit */
  CHARRNN_STOPPED = 130  /* a callback stopped it before there was a result */
} charrnn_status;

typedef struct charrnn_option {
  const char* name;
  const char* value;
} charrnn_option;

/* Of the last call on this thread that failed. Valid until the next one fails; never NULL. */
typedef struct charrnn_error {
  int status;          /* a charrnn_status */
  const char* name;    /* for programs: "unknown_characters" */
  const char* message; /* what went wrong, why, where; one line */
  const char* hint;    /* what to do; one line, may be empty */
} charrnn_error;

CHARRNN_API charrnn_error charrnn_last_error(void);

/* "0.2.0" */
CHARRNN_API const char* charrnn_version(void);

/* ---- Models ---------------------------------------------------------------------------------- */

typedef struct charrnn_model charrnn_model;

/* path: a model file, or the folder of a run. Options: threads (0: one for each core), device
 * (auto, cpu, cuda), isa, which hold for all that is done with the model; vocabulary (a JSON file
 * of the characters in the order of their ids, for a model whose file lacks them). */
CHARRNN_API int charrnn_load(const char* path, const charrnn_option* options, size_t option_count,
                             charrnn_model** model);
/* A model file in memory. */
CHARRNN_API int charrnn_load_bytes(const void* bytes, size_t size, const charrnn_option* options,
                                   size_t option_count, charrnn_model** model);
/* Writes a model file, in the place of an old one only when it is complete. */
CHARRNN_API int charrnn_save(const charrnn_model* model, const char* path);
CHARRNN_API void charrnn_model_free(charrnn_model* model);

/* The metadata of the model's file, sorted by key: "cell", "layers", "hidden_size",
 * "embedding_size", "vocabulary" (a JSON list), "lowercase", "encoding", what training reached
 * ("steps", "validation_loss"), … Valid while the model is. */
CHARRNN_API size_t charrnn_metadata_count(const charrnn_model* model);
CHARRNN_API int charrnn_metadata(const charrnn_model* model, size_t index, const char** key,
                                 const char** value);

/* The character of an id as UTF-8 (a model of bytes: the code point of the byte's value); NULL
 * where there is none. Ids begin at 0. */
CHARRNN_API const char* charrnn_character(const charrnn_model* model, size_t id);

/* ---- Arrays ---------------------------------------------------------------------------------- */

/* Named float32 arrays, row-major. */
typedef struct charrnn_arrays charrnn_arrays;

typedef struct charrnn_array {
  const char* name;
  const float* values;
  size_t dimensions; /* 1 to 3 */
  size_t shape[3];
} charrnn_array;

CHARRNN_API size_t charrnn_arrays_count(const charrnn_arrays* arrays);
/* What the array holds is valid while `arrays` is. */
CHARRNN_API int charrnn_arrays_get(const charrnn_arrays* arrays, size_t index,
                                   charrnn_array* array);
CHARRNN_API void charrnn_arrays_free(charrnn_arrays* arrays);

/* The weights by their names and in their shapes in PyTorch: "embedding.weight",
 * "rnn.weight_ih_l0", …, "fc.bias". */
CHARRNN_API int charrnn_weights(const charrnn_model* model, charrnn_arrays** weights);

/* ---- Measuring and looking inside ------------------------------------------------------------ */

/* Asked now and then by a call that may take long; any value but 0 stops it. May be NULL. */
typedef int (*charrnn_stop_function)(void* data);

/* One array, "surprisal" [characters - 1]: what each character but the first cost, in nats (natural
 * logarithm), given those before it. Its mean is the loss of `charrnn eval`. The state is zero at
 * the first character. Options: unknown (count: as a uniform guess among all of Unicode, skip,
 * error). `stop` is asked after every 65,536 characters; the call then returns CHARRNN_STOPPED. */
CHARRNN_API int charrnn_surprisal(const charrnn_model* model, const char* text, size_t size,
                                  const charrnn_option* options, size_t option_count,
                                  charrnn_stop_function stop, void* data,
                                  charrnn_arrays** surprisal);

/* Everything computed while a text is read from a state of zero, after each of its characters.
 * "h" [layers][characters][hidden_size]; of an LSTM "c"; the gates by PyTorch's names, of an LSTM
 * "i", "f", "g", "o", of a GRU "r", "z", "n", all in that shape; "log_probabilities"
 * [characters][vocabulary_size] of what comes next. The text must be one the model knows every
 * character of; options: unknown (error, skip). */
CHARRNN_API int charrnn_states(const charrnn_model* model, const char* text, size_t size,
                               const charrnn_option* options, size_t option_count,
                               charrnn_arrays** states);

/* ---- Writing --------------------------------------------------------------------------------- */

/* Texts in the making. */
typedef struct charrnn_generation charrnn_generation;

typedef enum charrnn_finish {
  CHARRNN_RUNNING = 0, /* the text goes on */
  CHARRNN_LENGTH = 1,  /* it has as many characters as were asked for */
  CHARRNN_STOP = 2     /* a stop string came */
} charrnn_finish;

/* A piece of a text, of whole characters; may be empty. */
typedef struct charrnn_piece {
  size_t index;     /* of the text, from 0 */
  const char* text; /* no NUL at its end; NULL where all texts are finished */
  size_t size;      /* bytes */
  int finish;       /* a charrnn_finish; other than CHARRNN_RUNNING: the text's last piece */
} charrnn_piece;

/* Texts that go on from a prompt, which may be empty. Options as for `charrnn sample`: predict
 * (characters; -1: endless), count (texts), temp, top-k, top-p, min-p, presence-penalty,
 * frequency-penalty, stop, unknown, escape, seed. The same seed gives the same texts, those of
 * `charrnn sample`; without one it is drawn. Texts of one generation share each pass over the
 * weights, up to 64 of them. */
CHARRNN_API int charrnn_generate(const charrnn_model* model, const char* prompt, size_t size,
                                 const charrnn_option* options, size_t option_count,
                                 charrnn_generation** generation);
CHARRNN_API uint64_t charrnn_generation_seed(const charrnn_generation* generation);
/* The next piece. Where none is waiting, every text goes on by `steps` characters first (the
 * prompt's count too); 1 gives each character as soon as it is there. The piece is valid until the
 * next call. */
CHARRNN_API int charrnn_generation_next(charrnn_generation* generation, size_t steps,
                                        charrnn_piece* piece);
CHARRNN_API void charrnn_generation_free(charrnn_generation* generation);

/* ---- Training -------------------------------------------------------------------------------- */

/* Losses are in nats a character; NaN: not known yet. */
typedef struct charrnn_progress {
  int64_t step;                /* done; 0 while the text is read and measured */
  int64_t total_steps;         /* as planned now; 0 while that is not known */
  int64_t characters;          /* read so far */
  double epochs;               /* 1.5: one and a half passes over the text */
  double seconds;              /* of training */
  double loss;                 /* of the last step */
  double validation_loss;      /* the last one measured */
  double best_validation_loss; /* of the model that is kept */
  double learning_rate;
} charrnn_progress;

/* Called after every step, now and then before the first, and once at the end. Other than 0 stops
 * the training, which keeps what was learned. The library handles no signals: this is also where a
 * program says that Ctrl-C was pressed. */
typedef int (*charrnn_progress_function)(const charrnn_progress* progress, void* data);
/* What a person should know: what was chosen, made smaller or left out. One line, no line feed. */
typedef void (*charrnn_message_function)(const char* message, void* data);

/* Trains as `charrnn train` does with the same options, and returns when the training has ended.
 * The run's folder (option out; by default runs/ and the name of the text) is left with the same
 * files, which `resume` goes on from; *model is its best model. texts: files or folders. Either
 * function may be NULL. */
CHARRNN_API int charrnn_train(const char* const* texts, size_t text_count,
                              const charrnn_option* options, size_t option_count,
                              charrnn_progress_function progress, charrnn_message_function message,
                              void* data, charrnn_model** model);
/* The same for a text in memory; the option out must be given, and the run keeps a copy. */
CHARRNN_API int charrnn_train_text(const char* text, size_t size, const charrnn_option* options,
                                   size_t option_count, charrnn_progress_function progress,
                                   charrnn_message_function message, void* data,
                                   charrnn_model** model);

#ifdef __cplusplus
}
#endif

#endif
