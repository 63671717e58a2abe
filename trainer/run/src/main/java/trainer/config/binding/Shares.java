package trainer.config.binding;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A list of nonnegative numbers whose sum is 1. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Shares {
  /** Name of each share. */
  String[] value();

  /** Number of leading shares that must be above zero. */
  int positive();
}
