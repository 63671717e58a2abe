package trainer.service.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import trainer.service.devices.DeviceSurvey;
import trainer.service.worker.Worker;
import trainer.service.worker.Worker.Use;

/** The devices of this node and the runs on them. */
final class DeviceRoute {
  private final DeviceSurvey survey;
  private final Worker worker;

  DeviceRoute(DeviceSurvey survey, Worker worker) {
    this.survey = survey;
    this.worker = worker;
  }

  Route route() {
    return new Route(HandlerType.GET, Api.ROOT + "/devices", Access.READ, this::answer);
  }

  private void answer(Context context) {
    ObjectNode node = survey.report();
    ArrayNode slots = node.putArray("slots");
    for (Use use : worker.uses()) {
      ObjectNode slot = slots.addObject();
      slot.put("device", use.slot().name());
      slot.put("run", use.run() == null ? null : use.run().id());
    }
    ApiJson.answer(context, HttpStatus.OK, node);
  }
}
