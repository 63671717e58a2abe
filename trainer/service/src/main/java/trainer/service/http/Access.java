package trainer.service.http;

import io.javalin.security.RouteRole;

/** What a caller must be allowed to use a route; each includes those before it. */
public enum Access implements RouteRole {
  /** Nothing: whether the service is alive, and the page without any data. */
  OPEN,

  /** To see runs and to let models write. */
  READ,

  /** To submit, cancel and resume runs, to upload texts, register versions, fire schedules. */
  SUBMIT,

  /** To delete, to promote and roll back, to make schedules and webhooks. */
  ADMIN
}
