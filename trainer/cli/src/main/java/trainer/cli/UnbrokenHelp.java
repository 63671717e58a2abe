package trainer.cli;

import java.util.Collection;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Usage help that breaks lines at spaces only. Java's rules also break {@code registry:NAME} after
 * the colon.
 */
final class UnbrokenHelp extends Help {
  /** ZERO WIDTH NO-BREAK SPACE, removed from the result. */
  private static final String GLUE = "\uFEFF";

  /** Where Java would break a word. */
  private static final Pattern INSIDE = Pattern.compile("(?<=[:.@/|-])(?=\\S)|(?<=\\S)(?=[\\[:])");

  private static final int DESCRIPTION = 4; // column of the table

  private UnbrokenHelp(CommandSpec command, ColorScheme colors) {
    super(command, colors);
  }

  static void use(CommandLine line) {
    line.setHelpFactory(UnbrokenHelp::new);
    line.getHelpSectionMap()
        .replaceAll((key, section) -> help -> section.render(help).replace(GLUE, ""));
    line.getSubcommands().values().forEach(UnbrokenHelp::use);
  }

  private static Text glued(Text text) {
    Text glued = text;
    int added = 0;
    for (MatchResult match : INSIDE.matcher(text.plainString()).results().toList()) {
      int at = match.start() + added++;
      glued = glued.substring(0, at).concat(GLUE).concat(glued.substring(at));
    }
    return glued;
  }

  private static Text[][] glued(Text[][] rows) {
    for (Text[] row : rows) {
      row[DESCRIPTION] = glued(row[DESCRIPTION]);
    }
    return rows;
  }

  @Override
  public IOptionRenderer createDefaultOptionRenderer() {
    IOptionRenderer usual = super.createDefaultOptionRenderer();
    return (option, labels, colors) -> glued(usual.render(option, labels, colors));
  }

  @Override
  public IParameterRenderer createDefaultParameterRenderer() {
    IParameterRenderer usual = super.createDefaultParameterRenderer();
    return (parameter, labels, colors) -> glued(usual.render(parameter, labels, colors));
  }

  @Override
  protected Text createDetailedSynopsisPositionalsText(Collection<ArgSpec> done) {
    return glued(super.createDetailedSynopsisPositionalsText(done));
  }
}
