package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import trainer.config.Data;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.UnknownCharacters;
import trainer.file.ByteProgress;
import trainer.file.Sha256;

/** The vocabulary of a corpus, and characters outside it. */
final class CorpusVocabularyTest extends CorpusFolder {
  @Test
  void aKeptVocabularyKeepsItsIndices() {
    Path file = Texts.write(directory, "a.txt", "abcab");
    Path run = directory.resolve("other");
    assertThat(run.toFile().mkdir()).isTrue();
    Texts.write(run, "vocabulary.json", Vocabulary.of('c', 'x', 'b', 'a').toJson());
    Corpus corpus =
        open(Texts.data(Normalization.NONE, Newlines.LF, run, UnknownCharacters.ERROR, file));
    int[] indices = new int[5];
    corpus.text().read(0, 5, indices, 0, 1);
    assertThat(indices).containsExactly(3, 2, 0, 3, 2);
    assertThat(corpus.vocabulary().size()).isEqualTo(4);
  }

  @Test
  void anUnknownCharacterIsNamedWithItsPlace() throws IOException {
    Path a = Texts.write(directory, "a.txt", "abc\n");
    Path b = Texts.write(directory, "b.txt", "ab\r\nca\r\ncé");
    record Expected(String vocabulary, String advice) {}
    for (Expected expected :
        List.of(
            new Expected("\nabc", "4 characters; "),
            new Expected("\nabc ", "5 characters; set data.unknown: replace, or "))) {
      Path kept = Texts.write(directory, "v.json", Vocabulary.of(expected.vocabulary()).toJson());
      assertThatThrownBy(
              () ->
                  open(
                      Texts.data(
                          Normalization.NONE, Newlines.LF, kept, UnknownCharacters.ERROR, a, b)))
          .isInstanceOf(TextException.class)
          .hasMessage(
              b
                  + ":3: 'é' (U+00E9), character 8 of the file, is not in the vocabulary of "
                  + expected.advice()
                  + "train a new vocabulary without data.vocabulary");
      assertThat(written()).isEmpty();
    }
  }

  @Test
  void unknownCharactersAreReplacedByTheFirstOfThreeThatTheVocabularyHas() {
    Path file = Texts.write(directory, "a.txt", "aébèc");
    record Expected(String vocabulary, String text) {}
    for (Expected expected :
        List.of(
            new Expected("abc ?\uFFFD", "a\uFFFDb\uFFFDc"),
            new Expected("abc ?", "a?b?c"),
            new Expected("abc ", "a b c"))) {
      Path kept = Texts.write(directory, "v.json", Vocabulary.of(expected.vocabulary()).toJson());
      Corpus corpus = open(data(kept, file));
      assertThat(text(corpus)).isEqualTo(expected.text());
      assertThat(corpus.unknown()).isEqualTo(new Unknown(2, 5));
      int[] targets = new int[5];
      corpus.text().readTargets(0, 5, targets, 0, 1);
      int a = corpus.vocabulary().index('a');
      assertThat(targets).containsExactly(a, -1, a + 1, -1, a + 2);
      assertThat(corpus.text().unknown(1, 3)).isEqualTo(1);
      assertThat(open(data(kept, file)).reused()).isTrue();
    }
    Path kept = Texts.write(directory, "v.json", Vocabulary.of("abc").toJson());
    assertThatThrownBy(
            () ->
                open(
                    Texts.data(
                        Normalization.NONE, Newlines.LF, kept, UnknownCharacters.REPLACE, file)))
        .hasMessage(
            file
                + ":1: 'é' (U+00E9), character 2 of the file, is not in the vocabulary of 3"
                + " characters; data.unknown finds no replacement, since it has neither"
                + " '\uFFFD' (U+FFFD) nor '?' (U+003F) nor U+0020 (SPACE); train a new vocabulary"
                + " without data.vocabulary");
  }

  private static Data data(Path vocabulary, Path file) {
    return Texts.data(Normalization.NONE, Newlines.LF, vocabulary, UnknownCharacters.REPLACE, file);
  }

  /** To be measured, a text needs no replacement. */
  @Test
  void aForeignTextIsReadInAnyVocabulary() {
    Path file = Texts.write(directory, "a.txt", "aébèc");
    Corpus corpus = foreign(file, Vocabulary.of("cab"));
    assertThat(text(corpus)).isEqualTo("aabac");
    assertThat(corpus.unknown())
        .hasToString("2 of 5 characters (40.00 %) are not in the vocabulary");

    Corpus other =
        corpus.in(
            Vocabulary.of("bx é"), null, encoded(), directory, () -> false, ByteProgress.none());
    assertThat(text(other)).isEqualTo("  b  "); // é was unknown already
    assertThat(other.unknown()).isEqualTo(new Unknown(4, 5));
    assertThat(other.sha256()).isEqualTo(Sha256.hex("aébèc"));
    assertThatThrownBy(
            () ->
                corpus.in(
                    Vocabulary.of("bc"),
                    "add it",
                    encoded(),
                    directory,
                    () -> false,
                    ByteProgress.none()))
        .hasMessage(
            encoded()
                + ":1: 'a' (U+0061), character 1 of the file, is not in the vocabulary of 2"
                + " characters; add it");
  }

  private Corpus foreign(Path file, Vocabulary vocabulary) {
    return Corpus.openForeign(
        List.of(file.toString()),
        Confinement.none(),
        Texts.data(file),
        vocabulary,
        null,
        directory,
        () -> false,
        ByteProgress.none());
  }

  /** Lanes of evaluation leave out unknown characters, whose number they give. */
  @Test
  void unknownCharactersAreNotScored() {
    Path file = Texts.write(directory, "a.txt", "éaébè");
    EncodedText text = foreign(file, Vocabulary.of("ab?")).text();
    EvaluationLanes lanes = new EvaluationLanes(text, Split.whole("test", text));
    assertThat(lanes.unknown()).isEqualTo(new Unknown(2, 4));
    assertThat(lanes.read(0).inputs()).containsExactly(0, 1, 0, 2);
    assertThat(lanes.read(0).targets()).containsExactly(1, -1, 2, -1);
  }

  @Test
  void unknownCharactersAreWorthAWarningFromOnePercent() {
    assertThat(new Unknown(9, 1000).isWorthAWarning()).isFalse();
    assertThat(new Unknown(10, 1000).isWorthAWarning()).isTrue();
  }

  @Test
  void aNewVocabularyUnderReplaceHasAPlaceForUnknownCharacters() {
    Path file = Texts.write(directory, "a.txt", "abc");
    Corpus corpus =
        open(Texts.data(Normalization.NONE, Newlines.LF, null, UnknownCharacters.REPLACE, file));
    assertThat(corpus.vocabulary()).isEqualTo(Vocabulary.of("abc\uFFFD"));
    assertThat(corpus.unknown().count()).isZero();
  }

  @Test
  void aVocabularyLongerThanAllOfUnicodeNeedsIsNotRead() throws IOException {
    Path file = Texts.write(directory, "a.txt", "some text to encode");
    Path huge = directory.resolve("huge.json");
    try (RandomAccessFile sparse = new RandomAccessFile(huge.toFile(), "rw")) {
      sparse.setLength(1L << 32);
    }
    Data data = Texts.data(Normalization.NONE, Newlines.LF, huge, UnknownCharacters.ERROR, file);
    assertThatThrownBy(() -> open(data))
        .isInstanceOf(TextException.class)
        .hasMessage(
            huge
                + ": not a vocabulary.json: it has 4,294,967,296 bytes, more than all of Unicode"
                + " needs");
  }
}
