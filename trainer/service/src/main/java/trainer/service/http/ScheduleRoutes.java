package trainer.service.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import trainer.config.ConfigurationException;
import trainer.service.datasets.DatasetException;
import trainer.service.datasets.SubmissionRules;
import trainer.service.runs.IdempotencyException;
import trainer.service.schedule.Schedule;
import trainer.service.schedule.ScheduleException;
import trainer.service.schedule.SchedulePlan;
import trainer.service.schedule.Schedules;
import trainer.service.schedule.TriggerRun;
import trainer.service.schedule.Triggers;

/** Creates, changes, lists, triggers, pauses and deletes schedules. */
final class ScheduleRoutes {
  private static final int BODY_BYTES = 300 * 1024;

  private final Schedules schedules;
  private final Triggers triggers;
  private final SubmissionRules rules;
  private final Runnable changed;

  /**
   * @param changed called when a schedule may be due
   */
  ScheduleRoutes(Schedules schedules, Triggers triggers, SubmissionRules rules, Runnable changed) {
    this.schedules = schedules;
    this.triggers = triggers;
    this.rules = rules;
    this.changed = changed;
  }

  List<Route> routes() {
    String all = Api.ROOT + "/schedules";
    String one = Api.SCHEDULE;
    return List.of(
        new Route(HandlerType.GET, all, Access.READ, this::list),
        new Route(HandlerType.POST, all, Access.ADMIN, this::create),
        new Route(HandlerType.GET, one, Access.READ, this::show),
        new Route(HandlerType.PUT, one, Access.ADMIN, this::change),
        new Route(HandlerType.DELETE, one, Access.ADMIN, this::delete),
        new Route(HandlerType.POST, one + "/trigger", Access.SUBMIT, this::trigger),
        new Route(
            HandlerType.POST,
            one + "/pause",
            Access.SUBMIT,
            context -> set(context, schedules::pause)),
        new Route(
            HandlerType.POST,
            one + "/resume",
            Access.SUBMIT,
            context -> set(context, schedules::resume)),
        new Route(HandlerType.GET, one + "/firings", Access.READ, this::history)
            .with("limit", "after"));
  }

  private static String name(Context context) {
    return Api.name(context, ScheduleRoutes::noSchedule);
  }

  private static ApiProblem noSchedule(String name) {
    return new ApiProblem(HttpStatus.NOT_FOUND, "there is no schedule '%s'".formatted(name));
  }

  private Schedule schedule(Context context) {
    String name = name(context);
    return schedules.find(name).orElseThrow(() -> noSchedule(name));
  }

  private void list(Context context) {
    List<ObjectNode> all = schedules.list().stream().map(ScheduleJson::schedule).toList();
    ApiJson.answer(context, HttpStatus.OK, Map.of("schedules", all));
  }

  private void show(Context context) {
    ApiJson.answer(context, HttpStatus.OK, ScheduleJson.schedule(schedule(context)));
  }

  private SchedulePlan plan(Context context, SchedulePlan before) {
    SchedulePlan plan = ScheduleJson.plan(RequestBody.read(context, BODY_BYTES), before);
    try {
      plan.check(rules);
      return plan;
    } catch (ConfigurationException e) {
      throw ApiProblem.of(e);
    } catch (DatasetException e) {
      throw new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, "held_out: " + e.getMessage());
    }
  }

  private void create(Context context) {
    SchedulePlan plan = plan(context, null);
    Schedule schedule =
        schedules
            .create(plan, Guard.caller(context).name())
            .orElseThrow(
                () ->
                    new ApiProblem(
                        HttpStatus.CONFLICT,
                        ("schedule '%s' exists: choose another name, or change it"
                                + " (PUT, or 'schedules create FILE --replace')")
                            .formatted(plan.name())));
    context.header("Location", Api.ROOT + "/schedules/" + plan.name());
    ApiJson.answer(context, HttpStatus.CREATED, ScheduleJson.schedule(schedule));
  }

  private void change(Context context) {
    String name = name(context);
    Schedule schedule =
        schedules
            .change(plan(context, schedule(context).plan()), Guard.caller(context).name())
            .orElseThrow(() -> noSchedule(name));
    ApiJson.answer(context, HttpStatus.OK, ScheduleJson.schedule(schedule));
  }

  private void delete(Context context) {
    String name = name(context);
    if (!schedules.delete(name)) {
      throw noSchedule(name);
    }
    context.status(HttpStatus.NO_CONTENT);
  }

  private void trigger(Context context) {
    String name = name(context);
    String key = Api.idempotencyKey(context);
    byte[] body = RequestBody.read(context, BODY_BYTES);
    boolean forced =
        body.length > 0 && ScheduleJson.truth(ApiJson.parse(body, Set.of("force")), "force", false);
    try {
      TriggerRun triggerRun =
          triggers
              .request(name, Guard.caller(context).name(), key, forced)
              .orElseThrow(() -> noSchedule(name));
      changed.run();
      ApiJson.answer(context, HttpStatus.ACCEPTED, ScheduleJson.triggerRun(triggerRun));
    } catch (IdempotencyException e) {
      throw new ApiProblem(HttpStatus.UNPROCESSABLE_CONTENT, e.getMessage());
    } catch (ScheduleException e) {
      throw new ApiProblem(HttpStatus.CONFLICT, e.getMessage());
    }
  }

  private void set(Context context, BiFunction<String, String, Optional<Schedule>> change) {
    String name = name(context);
    Schedule schedule =
        change.apply(name, Guard.caller(context).name()).orElseThrow(() -> noSchedule(name));
    ApiJson.answer(context, HttpStatus.OK, ScheduleJson.schedule(schedule));
  }

  private void history(Context context) {
    Schedule schedule = schedule(context);
    ResultPage<TriggerRun> page =
        ResultPage.of(
            context,
            (before, limit) -> schedules.history(schedule, before, limit),
            TriggerRun::number);
    ApiJson.answer(context, HttpStatus.OK, page.json("firings", ScheduleJson::triggerRun));
  }
}
