#include "model/file/foreign_format.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "text/corpus/file_signature.h"

namespace charrnn {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kTorchHint =
    "convert it in Python, from a source that you trust: safetensors.torch.save_file("
    "torch.load(FILE, map_location='cpu'), 'model.safetensors', metadata={'vocabulary': "
    "json.dumps(chars)}); docs/model-file.md has the names";
constexpr std::string_view kOtherHint =
    "load it with the program that wrote it and save its tensors as safetensors; "
    "docs/model-file.md "
    "has the names and shapes";

struct Signature {
  std::string_view bytes;
  std::string_view what;
  std::string_view hint;
};

constexpr std::array<Signature, 11> kSignatures = {{
    {"PK\x03\x04"sv, "a PyTorch pickle in a zip; it can run code, so it isn't read", kTorchHint},
    {"\x80\x02"sv, "a Python pickle; it can run code, so it isn't read", kTorchHint},
    {"\x80\x03"sv, "a Python pickle; it can run code, so it isn't read", kTorchHint},
    {"\x80\x04"sv, "a Python pickle; it can run code, so it isn't read", kTorchHint},
    {"\x80\x05"sv, "a Python pickle; it can run code, so it isn't read", kTorchHint},
    {"GGUF"sv, "a GGUF file of llama.cpp", kOtherHint},
    {"\x89HDF"sv, "an HDF5 file, as Keras writes", kOtherHint},
    {"\x93NUMPY"sv, "a NumPy array", kOtherHint},
    {"4\n1\n"sv, "a Torch 7 file", kOtherHint},
    {"\x04\x00\x00\x00\x01\x00\x00\x00"sv, "a Torch 7 file", kOtherHint},
    {"\x08"sv, "perhaps an ONNX file", kOtherHint},
}};

// ONNX is a protocol buffer without a signature: field 1, the version of its format, is a small
// number, and a text field follows.
bool may_be_onnx(std::string_view content) {
  return content.size() > 3 && content[0] == '\x08' && content[1] > 0 && content[1] < 32 &&
         (content[2] == '\x12' || content[2] == '\x3a');
}

bool may_be_safetensors(std::string_view content, uint64_t file_size) {
  uint64_t length = 0;
  if (content.size() < 9) return content.size() < 8 && content.empty();
  std::memcpy(&length, content.data(), sizeof(length));
  return length <= file_size - 8 && " \t\r\n{"sv.find(content[8]) != std::string_view::npos;
}

bool is_text(std::string_view content) {
  return !content.empty() && std::all_of(content.begin(), content.end(), [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return byte >= 32 || byte == '\n' || byte == '\r' || byte == '\t';
  });
}

}  // namespace

std::optional<ForeignFormat> find_foreign_format(std::string_view content, uint64_t file_size) {
  if (may_be_safetensors(content, file_size)) return std::nullopt;
  for (const Signature& signature : kSignatures) {
    if (!content.starts_with(signature.bytes)) continue;
    if (signature.bytes == "\x08"sv && !may_be_onnx(content)) continue;
    return ForeignFormat{std::string(signature.what), std::string(signature.hint)};
  }
  if (const auto known = find_file_signature(content.substr(0, kSignatureSize))) {
    return ForeignFormat{"it is " + std::string(known->name), "name a model file"};
  }
  if (is_text(content.substr(0, 512))) {
    return ForeignFormat{"a text", "name a model file or a run folder; charrnn train makes one"};
  }
  return std::nullopt;
}

}  // namespace charrnn
