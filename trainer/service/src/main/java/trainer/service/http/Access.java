package trainer.service.http;

import io.javalin.security.RouteRole;

/** The role that a route requires; each role includes those before it. */
public enum Access implements RouteRole {
  /** None: health probes, and the page without data. */
  OPEN,

  /** View runs, generate text. */
  READ,

  /** Submit, cancel and resume runs, upload texts, register versions, trigger schedules. */
  SUBMIT,

  /** Delete, promote and roll back, create schedules and webhooks. */
  ADMIN
}
