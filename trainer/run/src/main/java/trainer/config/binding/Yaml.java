package trainer.config.binding;

import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.comments.CommentType;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.CommentEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.resolver.CoreScalarResolver;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Parses YAML 1.2 (core schema), without aliases, anchors, tags and multiple documents. */
final class Yaml {
  static final int MAXIMUM_DEPTH = 20;

  /** Without the merge key {@code <<}, which YAML 1.2 removed. */
  private static final CoreSchema SCHEMA =
      new CoreSchema() {
        @Override
        public ScalarResolver getScalarResolver() {
          return new CoreScalarResolver(false);
        }
      };

  private Yaml() {}

  /**
   * The root node of a text.
   *
   * @param source names the text in messages
   * @return empty for an empty text, or after a problem was reported
   */
  static Optional<Node> read(String text, String source, Binding binding) {
    int before = binding.problemCount();
    try {
      refuseExtras(text, source, binding);
      return binding.problemCount() > before
          ? Optional.empty()
          : new Compose(settings(source)).composeString(text);
    } catch (YamlEngineException e) {
      SyntaxErrors.report(e, text, source, binding);
      return Optional.empty();
    } catch (NumberFormatException e) {
      SyntaxErrors.reportEscape(text, source, binding);
      return Optional.empty();
    }
  }

  /** Whether a valid text has a comment. */
  static boolean hasComment(String text) {
    LoadSettings settings = LoadSettings.builder().setParseComments(true).build();
    try {
      for (Event event : new Parse(settings).parseString(text)) {
        if (event instanceof CommentEvent comment
            && comment.getCommentType() != CommentType.BLANK_LINE) {
          return true;
        }
      }
    } catch (YamlEngineException | NumberFormatException e) {
      return false; // read() reports it
    }
    return false;
  }

  /** Parses a constant, such as a default. */
  static Node constant(String text, String source) {
    return new Compose(settings(source)).composeString(text).orElseThrow();
  }

  /** Parses a constant to lists, maps and scalars. */
  static Object constant(String text) {
    return new Load(settings("constant")).loadFromString(text);
  }

  private static LoadSettings settings(String source) {
    return LoadSettings.builder()
        .setSchema(SCHEMA)
        .setAllowNonScalarKeys(true)
        .setLabel(source)
        .build();
  }

  private static void refuseExtras(String text, String source, Binding binding) {
    int documents = 0;
    int depth = 0;
    for (Event event : new Parse(settings(source)).parseString(text)) {
      Mark mark = event.getStartMark().orElseThrow();
      if (event instanceof DocumentStartEvent && ++documents == 2) {
        binding.report(mark, "only one YAML document is allowed; remove the second '---'");
        return;
      }
      if (event instanceof NodeEvent node) {
        refuseReferences(node, mark, binding);
      }
      if (event instanceof CollectionStartEvent && ++depth > MAXIMUM_DEPTH) {
        binding.report(mark, "nested more than " + MAXIMUM_DEPTH + " deep");
        return;
      }
      if (event instanceof CollectionEndEvent) {
        depth--;
      }
    }
  }

  private static void refuseReferences(NodeEvent event, Mark mark, Binding binding) {
    if (event instanceof AliasEvent alias) {
      binding.report(
          mark,
          "the alias *" + alias.getAlias() + " is not allowed; write the value, text in quotes");
      return;
    }
    event
        .getAnchor()
        .ifPresent(
            anchor -> binding.report(mark, "the anchor &" + anchor + " is not allowed; remove it"));
    Optional<String> tag = Optional.empty();
    if (event instanceof ScalarEvent scalar) {
      tag = scalar.getTag();
    } else if (event instanceof CollectionStartEvent collection) {
      tag = collection.getTag();
    }
    tag.ifPresent(
        name ->
            binding.report(
                mark,
                "the tag "
                    + name.replace("tag:yaml.org,2002:", "!!")
                    + " is not allowed; remove it"));
  }
}
