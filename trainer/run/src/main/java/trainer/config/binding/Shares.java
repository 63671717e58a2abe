package trainer.config.binding;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A list of numbers that divide a whole: none negative, their sum 1. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Shares {
  /** What each number is the share of. */
  String[] value();

  /** How many of them, from the first, have to be above zero. */
  int positive();
}
