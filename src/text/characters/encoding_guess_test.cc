#include "text/characters/encoding_guess.h"

#include <gtest/gtest.h>

#include "text/characters/utf8.h"

namespace charrnn {
namespace {

// A text in an encoding of two or four bytes.
std::string wide(std::u32string_view text, int bytes, bool big) {
  std::string result;
  for (const char32_t symbol : text) {
    for (int i = 0; i < bytes; ++i) {
      result += static_cast<char>(symbol >> 8 * (big ? bytes - 1 - i : i));
    }
  }
  return result;
}

// Cyrillic letters by their place in an encoding of one byte, a to ya without yo.
std::string cyrillic(std::u32string_view text, std::string_view lower) {
  std::string result;
  for (const char32_t symbol : text) {
    result += symbol >= U'а' && symbol <= U'я' ? lower[symbol - U'а'] : static_cast<char>(symbol);
  }
  return result;
}

TEST(GuessEncoding, KnowsTextsOfTwoAndFourBytes) {
  for (const std::u32string_view text :
       {std::u32string_view(U"Zeile 0: Größe über alles\nZeile 1: Größe neben nichts\n"),
        std::u32string_view(U"шесть слов по русски и все\nразные слова в двух строках\n")}) {
    EXPECT_EQ(guess_encoding(wide(text, 2, false)), "UTF-16LE");
    EXPECT_EQ(guess_encoding(wide(text, 2, true)), "UTF-16BE");
    EXPECT_EQ(guess_encoding(wide(text, 4, false)), "UTF-32LE");
    EXPECT_EQ(guess_encoding(wide(text, 4, true)), "UTF-32BE");
    EXPECT_EQ(guess_encoding(wide(text, 2, false).substr(1), 7), "UTF-16LE");
  }
}

TEST(GuessEncoding, KnowsLatinLettersOfOneByte) {
  EXPECT_EQ(guess_encoding("The caf\xE9 \x93quoted\x94 it\x92s\n"), "WINDOWS-1252");
  EXPECT_EQ(guess_encoding("caf\xE9 au\nlait\xE9\xE9"), "WINDOWS-1252");
  EXPECT_EQ(guess_encoding("F\xFC"
                           "nf gro\xDF"
                           "e \xC4pfel f\xFCr \xD6l"),
            "WINDOWS-1252");
  EXPECT_EQ(guess_encoding("za\xBF\xF3\xB3\xE6 g\xEA\x9Cl\xB9 ja\x9F\xF1, wszystko \xBF"
                           "e"),
            "WINDOWS-1250");
  EXPECT_EQ(guess_encoding("caf\xE9 \x81\x8D"), "") << "bytes that stand for nothing there";
}

TEST(GuessEncoding, KnowsCyrillicLettersOfOneByte) {
  const std::u32string_view text =
      U"на берегу пустынных волн стоял он дум великих полн и вдаль глядел";
  std::string windows, ibm = "\xA0\xA1\xA2\xA3\xA4\xA5\xA6\xA7\xA8\xA9\xAA\xAB\xAC\xAD\xAE\xAF";
  for (int i = 0; i < 32; ++i) windows += static_cast<char>(0xE0 + i);
  for (int i = 0; i < 16; ++i) ibm += static_cast<char>(0xE0 + i);
  const std::string koi8 =
      "\xC1\xC2\xD7\xC7\xC4\xC5\xD6\xDA\xC9\xCA\xCB\xCC\xCD\xCE\xCF\xD0"
      "\xD2\xD3\xD4\xD5\xC6\xC8\xC3\xDE\xDB\xDD\xDF\xD9\xD8\xDC\xC0\xD1";
  EXPECT_EQ(guess_encoding(cyrillic(text, windows)), "WINDOWS-1251");
  EXPECT_EQ(guess_encoding(cyrillic(text, koi8)), "KOI8-R");
  EXPECT_EQ(guess_encoding(cyrillic(text, ibm)), "CP866");
}

TEST(GuessEncoding, NamesNoneWhereTheBytesPointToNone) {
  EXPECT_EQ(guess_encoding(""), "");
  EXPECT_EQ(guess_encoding("plain"), "");
  EXPECT_EQ(guess_encoding("größer, überall, Äpfel und ein Fehler: \xFF."), "") << "damaged UTF-8";
  std::string noise;
  for (uint32_t i = 1; i < 4000; ++i) noise += static_cast<char>(i * i * 2654435761u >> 24);
  EXPECT_EQ(guess_encoding(noise), "");
}

}  // namespace
}  // namespace charrnn
